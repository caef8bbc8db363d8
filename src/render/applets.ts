/** Whether the board has the programs that its overlay_init calls. */
import type { CheckedBoard } from '../board/decode.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

/** One error that names all that are missing; none where the board file has no list to hold them against. */
export function checkApplets(
  { board, where }: CheckedBoard,
  needed: readonly string[],
): readonly Diagnostic[] {
  const { applets } = board;
  if (applets === undefined) return [];
  const missing = needed.filter((name) => !applets.includes(name));
  if (missing.length === 0) return [];
  return [
    {
      code: 'OVL222',
      severity: 'error',
      message: `overlay_init needs applets that the board does not have: ${missing.join(', ')}`,
      place: where(['applets']),
      because: 'applets lists all programs of the root, and overlay_init calls these',
      fix: "add them to the board's busybox and to applets, or to applets alone where the root does have them",
    },
  ];
}
