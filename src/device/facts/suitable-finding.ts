/** One difference between a board and its board file, before it has a place. */
import type { CheckedBoard } from '../../board/decode.ts';
import type { Path } from '../../board/plain-yaml.ts';
import type { Diagnostic, Severity } from '../../diagnostics/diagnostic.ts';
import type { Facts } from './facts.ts';

/** What the plan of a board needs of its root. */
export interface Needs {
  /** Programs that overlay_init calls. */
  readonly applets: readonly string[];
  /** Directories that are mounted on. */
  readonly mountPoints: readonly string[];
}

export interface Comparison {
  readonly facts: Facts;
  readonly checked: CheckedBoard;
  readonly needs: Needs;
}

export interface Finding {
  readonly code: Diagnostic['code'];
  readonly path: Path;
  readonly message: string;
  readonly because: string;
  readonly fix?: string;
  readonly severity?: Severity;
}

/** What could not be seen is said, once for each part: silence would look like a pass. */
export function unseen(path: Path, what: string, because: string): Finding {
  return {
    code: 'OVL613',
    path,
    severity: 'warning',
    message: `${what} cannot be compared`,
    because: `not known of the board: ${because}`,
  };
}
