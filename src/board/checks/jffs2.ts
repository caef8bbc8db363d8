/** JFFS2 as storage: whether there is room, and what it cannot do under overlayfs. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { formatSize } from '../units.ts';
import { finding } from './finding.ts';
import { likelyUnion } from './likely-union.ts';

export function checkJffs2(checked: CheckedBoard): readonly Diagnostic[] {
  if (checked.board.storage.type !== 'jffs2') return [];
  return [...tooSmall(checked), ...noWhiteouts(checked)];
}

/** jffs2_do_fill_super() refuses fewer with "Too few erase blocks" and EINVAL (fs/jffs2/fs.c). */
const fewestBlocks = 5;

/** The smallest erase block there is (SPI NOR with 4 KiB sectors): what is too small for it is too small for any. */
const smallestEraseBlock = 4096;

function tooSmall(checked: CheckedBoard): readonly Diagnostic[] {
  const { storage } = checked.board;
  const block = storage.erase_block ?? smallestEraseBlock;
  const need = fewestBlocks * block;
  return (['size', 'min_size', 'max_size'] as const).flatMap((key) => {
    const have = storage[key];
    if (have === undefined || have >= need) return [];
    const blocks = Math.floor(have / block);
    return [
      finding(checked, 'OVL126', ['storage', key], {
        message: `storage of ${formatSize(have)} is too small for JFFS2`,
        because:
          `have ${formatSize(have)}, which is ${blocks} erase block${blocks === 1 ? '' : 's'} of ${formatSize(block)}; ` +
          `need ${formatSize(need)}, which is ${fewestBlocks}; short by ${formatSize(need - have)}. ` +
          `JFFS2 keeps ${reservedBlocks(need, block)} blocks in reserve for garbage collection, and the kernel ` +
          'refuses to mount fewer than 5 ("Too few erase blocks", EINVAL)',
        fix: 'shrink the root image so that the partition grows, or use storage.type: tmpfs and lose changes at power-off',
      }),
    ];
  });
}

/** Blocks that must stay free before a write is allowed: jffs2_calc_trigger_levels() in fs/jffs2/build.c. */
export function reservedBlocks(flashBytes: number, eraseBlockBytes: number): number {
  const forDeletion = 2;
  const blocks = Math.floor(flashBytes / eraseBlockBytes);
  const overhead = Math.floor(flashBytes / 50) + blocks * 100 + eraseBlockBytes - 1;
  return forDeletion + Math.floor(overhead / eraseBlockBytes);
}

function noWhiteouts(checked: CheckedBoard): readonly Diagnostic[] {
  const { kernel } = checked.board;
  if (kernel.jffs2_rename_whiteout || likelyUnion(checked.board) !== 'overlay') return [];
  const path = checked.states(['kernel', 'jffs2_rename_whiteout'])
    ? ['kernel', 'jffs2_rename_whiteout']
    : ['storage', 'type'];
  return [
    finding(
      checked,
      'OVL128',
      path,
      {
        message: 'some renames will fail: this JFFS2 has no RENAME_WHITEOUT and no RENAME_EXCHANGE',
        because:
          'on an overlay with such an upperdir these fail with EINVAL: renaming a file or directory of the read-only ' +
          'root (mv does not fall back to copying), removing a directory of the read-only root after something in it ' +
          'was deleted, and making a directory where a file or directory of the read-only root was deleted. Creating, ' +
          'changing and deleting files works',
        fix: 'set kernel.jffs2_rename_whiteout: true if the kernel has the OpenWrt patches for JFFS2, else live with it',
      },
      'warning',
    ),
  ];
}
