/** What the vocabulary has and this version of overlaykit does not do yet: said once for every key, never in silence. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import type { Path } from '../plain-yaml.ts';
import { helperArchitectures } from '../schema.ts';
import { finding } from './finding.ts';

export function checkUnbuilt(checked: CheckedBoard): readonly Diagnostic[] {
  return unbuilt(checked).map(({ path, what, because, fix }) =>
    finding(
      checked,
      'OVL160',
      path,
      { message: `${what} is understood, not built yet`, because, ...(fix === undefined ? {} : { fix }) },
      'warning',
    ),
  );
}

interface Unbuilt {
  readonly path: Path;
  readonly what: string;
  readonly because: string;
  readonly fix?: string;
}

/** Union systems that plans are made for. */
const builtUnions: readonly string[] = ['auto', 'overlay', 'overlayfs', 'mini_fo'];

const noPlan = 'ovl check reads the whole board file, but no plan can be made from this one yet';

function unbuilt({ board }: CheckedBoard): readonly Unbuilt[] {
  const { storage, union, helper } = board;
  const found: Unbuilt[] = [];
  if (storage.type === 'ubifs' || storage.type === 'file')
    found.push({
      path: ['storage', 'type'],
      what: `storage.type ${storage.type}`,
      because: noPlan,
      fix:
        storage.type === 'ubifs' ? 'use jffs2, or ext4 on a block device' : 'use ext4 or f2fs on a partition',
    });
  if (storage.find?.ubi !== undefined)
    found.push({ path: ['storage', 'find', 'ubi'], what: 'storage.find.ubi', because: noPlan });
  if (!builtUnions.includes(union.system))
    found.push({
      path: ['union', 'system'],
      what: `union.system ${union.system}`,
      because: noPlan,
      fix: 'use overlay, overlayfs or mini_fo, whichever the kernel has',
    });
  if (board.mode === 'application')
    found.push({
      path: ['mode'],
      what: 'mode application',
      because: noPlan,
      fix: 'mode: system',
    });
  if (!helperArchitectures.some((arch) => arch === board.arch) && helper.enabled)
    found.push({
      path: ['arch'],
      what: `overlay_helper for ${board.arch}`,
      because:
        "the helper is not compiled for it; overlay_init enters the merged root with the board's own applets",
      fix: 'helper: { enabled: false }     (then this is not said again)',
    });
  return found;
}
