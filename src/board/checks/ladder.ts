/** The ladder: best rung first, each once, none that cannot be reached or makes no sense with the storage. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { rungNames } from '../schema.ts';
import { finding } from './finding.ts';

export function checkLadder(checked: CheckedBoard): readonly Diagnostic[] {
  return [...order(checked), ...persistentOnTmpfs(checked), ...unusedStorage(checked)];
}

function order(checked: CheckedBoard): readonly Diagnostic[] {
  const { ladder } = checked.board;
  const inOrder = rungNames.filter((rung) => ladder.includes(rung));
  const fix = `[${inOrder.join(', ')}]`;
  return ladder.flatMap((rung, index) => {
    const path = ['ladder', index];
    const before = ladder.slice(0, index);
    if (before.includes(rung))
      return [
        finding(checked, 'OVL140', path, {
          message: `the rung "${rung}" is on the ladder twice`,
          because: 'what has failed a moment ago fails again, and only makes the boot longer',
          fix,
        }),
      ];
    if (before.includes('rescue'))
      return [
        finding(checked, 'OVL141', path, {
          message: `the rung "${rung}" cannot be reached`,
          because:
            'it stands below rescue, which never gives up: the shell stays until the board is restarted',
          fix,
        }),
      ];
    const better = before.find((other) => rungNames.indexOf(other) > rungNames.indexOf(rung));
    if (better === undefined) return [];
    return [
      finding(checked, 'OVL140', path, {
        message: `the rung "${rung}" stands below "${better}"`,
        because: `the ladder is climbed down: best first. "${rung}" would be tried only where "${better}", which keeps less, has failed`,
        fix,
      }),
    ];
  });
}

function persistentOnTmpfs(checked: CheckedBoard): readonly Diagnostic[] {
  const { ladder, storage } = checked.board;
  const index = ladder.indexOf('persistent');
  if (storage.type !== 'tmpfs' || index === -1) return [];
  return [
    finding(checked, 'OVL142', ['ladder', index], {
      message: 'the rung "persistent" makes no sense with storage.type tmpfs',
      because: 'tmpfs is memory: nothing on it is there after the next power-on',
      fix: `[${ladder.filter((rung) => rung !== 'persistent').join(', ') || 'tmpfs'}], or leave ladder away`,
    }),
  ];
}

function unusedStorage(checked: CheckedBoard): readonly Diagnostic[] {
  const { ladder, storage } = checked.board;
  if (storage.type === 'tmpfs' || ladder.includes('persistent') || ladder[0] === 'tmpfs') return [];
  return [
    finding(
      checked,
      'OVL143',
      ['ladder'],
      {
        message: `the ${storage.type} storage is never used`,
        because: 'the rung "persistent" mounts it, or a ladder that begins with tmpfs; this one is neither',
        fix: 'add persistent as the first rung, or say storage.type: tmpfs if nothing is to be kept',
      },
      'warning',
    ),
  ];
}
