/** Paths on the board: that they do not lie where overlaykit mounts something, and that init is not overlay_init. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

export function checkPaths(checked: CheckedBoard): readonly Diagnostic[] {
  return [...newRoot(checked), ...endlessInit(checked), ...kept(checked)];
}

/** Where something is mounted while the board boots, and what. */
export const taken: Readonly<Record<string, string>> = {
  [boardPaths.storage]: 'the storage is mounted there',
  [boardPaths.oldRoot]: 'the read-only root is found there afterwards',
  '/proc': 'proc is mounted there',
  '/sys': 'sysfs is mounted there',
  '/dev': 'the devices are there',
  '/run': 'the run-time state is there',
};

/** Whether a path is a folder or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function newRoot(checked: CheckedBoard): readonly Diagnostic[] {
  const { newroot } = checked.board.enter;
  const path = ['enter', 'newroot'];
  const fix = '/mnt     (any other empty directory of the read-only root)';
  if (newroot === '/')
    return [
      finding(checked, 'OVL146', path, {
        message: 'the union cannot be mounted at "/"',
        because: 'the read-only root is there, and is still needed as the lowerdir',
        fix,
      }),
    ];
  return Object.entries(taken)
    .filter(([folder]) => isWithin(newroot, folder) || isWithin(folder, newroot))
    .map(([folder, what]) =>
      finding(checked, 'OVL146', path, {
        message: `the union cannot be mounted at ${quoted(newroot)}`,
        because: `${folder}: ${what}; the one would hide the other`,
        fix,
      }),
    );
}

function endlessInit(checked: CheckedBoard): readonly Diagnostic[] {
  if (checked.board.enter.init !== boardPaths.overlayInit) return [];
  return [
    finding(checked, 'OVL147', ['enter', 'init'], {
      message: `enter.init is ${boardPaths.overlayInit} itself`,
      because:
        'overlay_init would start itself in the merged root, mount another union over it, and never end',
      fix: "/sbin/init     (the board's own)",
    }),
  ];
}

function kept(checked: CheckedBoard): readonly Diagnostic[] {
  const { keep, storage } = checked.board;
  if (storage.type === 'tmpfs' && keep.length > 0)
    return [
      finding(checked, 'OVL148', ['keep'], {
        message: 'nothing can be kept on storage.type tmpfs',
        because: 'tmpfs is memory: every power-off is a reset, whatever is listed here',
        fix: 'leave keep away',
      }),
    ];
  return keep.flatMap((path, index) => {
    const said = cannotKeep(path, keep.slice(0, index), keep);
    return said === undefined ? [] : [finding(checked, 'OVL148', ['keep', index], said)];
  });
}

function cannotKeep(path: string, before: readonly string[], all: readonly string[]) {
  if (path === '/')
    return {
      message: 'a reset that keeps "/" resets nothing',
      because: 'everything below a kept path is kept',
      fix: 'name what has to survive, such as /etc/dropbear',
    };
  const folder = Object.keys(taken).find((one) => isWithin(path, one));
  if (folder !== undefined)
    return {
      message: `${quoted(path)} is not a path of the merged root's own`,
      because: `${folder}: ${taken[folder]}; a reset does not touch it anyway`,
      fix: 'leave it away',
    };
  const around = all.find((other) => other !== path && isWithin(path, other) && other !== '/');
  if (around !== undefined)
    return {
      message: `${quoted(path)} is kept already`,
      because: `everything below ${quoted(around)} is kept`,
      fix: 'leave it away',
    };
  if (!before.includes(path)) return undefined;
  return { message: `${quoted(path)} is listed twice`, because: 'once is enough', fix: 'leave it away' };
}
