/** Which union system a board gets. */
import type { Board } from '../board/schema.ts';
import type { Diagnostic, Place, Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { unionSystems } from '../union/index.ts';
import type { UnionSystem } from '../union/system.ts';

/** The system that the board names, or with `auto` the first in order of preference that its kernel has. */
export function chooseUnion(
  board: Board,
  where: (path: readonly (string | number)[]) => Place,
): Result<UnionSystem> {
  const kernel = board.kernel.version;
  const wanted = board.union.system;
  const chosen =
    wanted === 'auto'
      ? unionSystems.find((system) => system.fits(kernel) && has(board, system))
      : unionSystems.find((system) => system.name === wanted);
  if (chosen !== undefined) return withWarning(chosen, board, where);
  const place = where(['union', 'system']);
  if (wanted === 'auto') {
    return failure({
      code: 'OVL211',
      severity: 'error',
      place,
      message: `no union system is known to work on this kernel (${board.kernel.version})`,
      because: unionSystems.map((system) => `${system.name}: ${system.where}`).join('; '),
      fix: 'list what `cat /proc/filesystems` prints on the board under kernel.filesystems, and name a system under union.system',
    });
  }
  return failure({
    code: 'OVL212',
    severity: 'error',
    place,
    message: `union.system "${wanted}" is understood, but not built yet`,
    because: `this version of overlaykit plans for ${unionSystems.map((system) => system.name).join(', ')}`,
    fix: 'union: { system: auto }',
  });
}

/** kernel.filesystems is optional: an empty list says nothing. */
function has(board: Board, system: UnionSystem): boolean {
  return board.kernel.filesystems.length === 0 || board.kernel.filesystems.includes(system.fstype);
}

function withWarning(
  system: UnionSystem,
  board: Board,
  where: (path: readonly (string | number)[]) => Place,
): Result<UnionSystem> {
  if (system.fits(board.kernel.version)) return success(system);
  const warning: Diagnostic = {
    code: 'OVL213',
    severity: 'warning',
    place: where(['union', 'system']),
    message: `${system.name} is unusual on Linux ${board.kernel.version}`,
    because: `it is known from ${system.where}; on another kernel the mount fails with ENODEV unless somebody ported it`,
    fix: 'check /proc/filesystems on the board',
  };
  return success(system, [warning]);
}
