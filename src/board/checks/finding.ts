/** One finding of a cross-field check: a diagnostic at the place of a path. */
import type { Diagnostic, Severity } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import type { Path } from '../plain-yaml.ts';

export type Check = (checked: CheckedBoard) => readonly Diagnostic[];

export interface Said {
  readonly message: string;
  readonly because: string;
  readonly fix?: string;
}

export function finding(
  checked: CheckedBoard,
  code: Diagnostic['code'],
  path: Path,
  said: Said,
  severity: Severity = 'error',
): Diagnostic {
  return { code, severity, place: checked.where(path), ...said };
}
