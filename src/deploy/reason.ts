/** Reason: what went wrong, in one line, for the "because" of what it means for a deployment. */
import { Failure } from '../diagnostics/diagnostic.ts';

export function reasonOf(error: unknown): string {
  if (error instanceof Failure) {
    const [first] = error.diagnostics;
    return first === undefined ? error.message : [first.message, first.because].filter(Boolean).join(': ');
  }
  return error instanceof Error ? error.message : String(error);
}
