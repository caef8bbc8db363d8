/** Calls of the helper's native module, made by native-probe.ts in the real engine, and what each has to give. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { requireTool } from '../../src/system/tools.ts';
import { bundleScript } from '../../src/toolchain/script.ts';
import { programOf } from './sanitized.ts';

export const kinds = ['release', 'sanitized'] as const;
export type Kind = (typeof kinds)[number];

export interface Outcome {
  readonly value?: unknown;
  readonly error?: {
    readonly kind: string;
    readonly message: string;
    readonly code?: string;
    readonly errno: string;
    readonly syscall?: string;
    readonly path?: string;
  };
}

export type Call = readonly [name: string, ...values: readonly unknown[]];

/** A call and what it has to give; a failure is an object with what it has to have. */
export type Expected = readonly [Call, unknown];

/** A failure of the kernel's. */
export const refused = (call: Call, code: string, syscall: string): Expected => [call, { code, syscall }];
/** A failure of the arguments. */
export const wrong = (call: Call, message: string): Expected => [call, { kind: 'TypeError', message }];

/** The program that makes calls. */
export async function probeProgram(kind: Kind): Promise<string> {
  return programOf(await bundleScript(join(packageRoot(), 'test/support/native-probe.ts'), {}), kind);
}

/** Makes calls, in a mount namespace of their own. */
export async function makeCalls(
  program: string,
  listFile: string,
  calls: readonly Call[],
  words: readonly string[] = [],
): Promise<readonly Outcome[]> {
  await writeFile(listFile, JSON.stringify(calls));
  const args = ['--mount', '--propagation', 'private', program, listFile, ...words];
  const { stdout } = await execa(requireTool('unshare'), args, { env: { LEFT: 'ä' }, timeout: 60_000 });
  return stdout.split('\n').map((line) => JSON.parse(line) as Outcome);
}

export function list(outcome: Outcome | undefined): readonly unknown[] {
  return Array.isArray(outcome?.value) ? outcome.value : [];
}

/** Compares each outcome with what was expected. */
export function expectOutcomes(
  t: ExecutionContext<unknown>,
  outcomes: readonly Outcome[],
  table: readonly Expected[],
): void {
  t.is(outcomes.length, table.length);
  for (const [index, [call, expected]] of table.entries()) {
    const title = JSON.stringify(call).slice(0, 120);
    const { value, error } = outcomes[index] ?? {};
    const failure =
      expected !== null && typeof expected === 'object' && ('code' in expected || 'kind' in expected);
    if (failure) t.like(error ?? {}, expected, title);
    else if (Array.isArray(expected)) t.deepEqual(error ?? value, expected as unknown, title);
    else if (expected !== null && typeof expected === 'object') t.like(value as object, expected, title);
    else t.is<unknown, unknown>(error ?? value, expected, title);
    if (failure && 'code' in expected) {
      t.is(error?.errno, 'number', title);
      t.is(error?.kind, 'Error', title);
    }
  }
}
