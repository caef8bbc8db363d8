/**
 * Diagnostics: what overlaykit says when something expected goes wrong.
 *
 * In: nothing of ours. Out: the Diagnostic value, the Result that carries several of them, and the one exception class
 * used at the edges. This directory imports nothing of ours and no `node:` module: the core uses it, and so may the board.
 */
import type { Code } from './codes/index.ts';

export type Severity = 'error' | 'warning' | 'note';

/** A span in a text file. Lines and columns count from 1, columns in UTF-16 units, the end is exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** What became of the board, for every error that involves one (DESIGN.md section 5). */
export type BoardState = 'unchanged' | 'rolled back' | 'unknown';

export interface Diagnostic {
  /** Stable code; `ovl explain CODE` gives the long text. */
  readonly code: Code;
  readonly severity: Severity;
  /** One sentence without a full stop, naming the offending value. */
  readonly message: string;
  readonly place?: Place;
  /** Why this is a problem: the kernel's rule, the errno, the arithmetic. */
  readonly because?: string;
  /** What to type or change. */
  readonly fix?: string;
  readonly boardState?: BoardState;
}

/** A value, or the complete list of reasons why there is none. Warnings travel with a success too. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly diagnostics: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export function success<T>(value: T, diagnostics: readonly Diagnostic[] = []): Result<T> {
  return { ok: true, value, diagnostics };
}

export function failure<T = never>(...diagnostics: readonly Diagnostic[]): Result<T> {
  return { ok: false, diagnostics };
}

/** Expected trouble at the edges (files, processes, boards). Anything else that is thrown is a bug of ours. */
export class Failure extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: Diagnostic | readonly Diagnostic[], options?: { cause?: unknown }) {
    const list: readonly Diagnostic[] = Array.isArray(diagnostics)
      ? diagnostics
      : [diagnostics as Diagnostic];
    super(list.map((one) => `${one.code} ${one.message}`).join('; '), options);
    this.name = 'Failure';
    this.diagnostics = list;
  }
}

/** Takes the value out of a Result, or throws a Failure with everything it reported. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Failure(result.diagnostics);
  return result.value;
}
