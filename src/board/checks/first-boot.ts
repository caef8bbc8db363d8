/** A first boot that does not wait for its storage: whether the board can do that. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import type { Board } from '../schema.ts';
import { finding, type Said } from './finding.ts';

/** The boot then waits, as it would without the key: that costs time and loses nothing, so it is a warning. */
export function checkFirstBoot(checked: CheckedBoard): readonly Diagnostic[] {
  const { board } = checked;
  if (board.storage.first_boot === 'wait' || board.storage.type === 'tmpfs') return [];
  const said = whyNotAfterwards(board);
  return said === undefined ? [] : [finding(checked, 'OVL153', ['storage', 'first_boot'], said, 'warning')];
}

const message = 'storage.first_boot tmpfs has no effect on this board';

/** Why a blank storage of this board is not made in the background of the rung tmpfs; undefined where it is. */
export function whyNotAfterwards({ storage, applets, helper, ladder }: Board): Said | undefined {
  const { type, find } = storage;
  if (type !== 'ext4' && type !== 'f2fs')
    return {
      message,
      because: `a blank ${type} needs no making that takes long`,
      fix: 'leave first_boot away',
    };
  if (find?.path === undefined)
    return {
      message,
      because: 'a blank device has no label or UUID to be found by',
      fix: 'storage.find: { path: /dev/mmcblk0p3 }     (for example)',
    };
  if (applets?.includes(`mkfs.${type}`) !== true)
    return {
      message,
      because: `applets does not list mkfs.${type}, and without it nothing is made on a blank device`,
      fix: `add mkfs.${type} to applets, where the board has it`,
    };
  if (!helper.enabled)
    return {
      message,
      because: 'overlay_helper copies the changes from memory, and helper.enabled is false',
      fix: 'helper: { enabled: true }',
    };
  const volatile = ladder.indexOf('tmpfs');
  if (ladder.indexOf('persistent') < 0 || volatile < ladder.indexOf('persistent'))
    return {
      message,
      because: 'the ladder has no rung "tmpfs" below "persistent" to run on meanwhile',
      fix: 'ladder: [persistent, previous, tmpfs, read-only, rescue]',
    };
  return undefined;
}
