/** For tests that build the helper: another environment, and what a build that fails has to say. */
import type { ExecutionContext } from 'ava';
import { Failure } from '../../src/diagnostics/diagnostic.ts';

/** With environment words that are put back afterwards; tests that use it run one after the other. */
export async function withEnvironment<T>(
  words: Readonly<Record<string, string>>,
  action: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, words);
  try {
    return await action();
  } finally {
    process.env = before;
  }
}

export async function failsWith(
  t: ExecutionContext,
  code: string,
  pattern: RegExp,
  action: () => Promise<unknown>,
): Promise<void> {
  const failure = await t.throwsAsync(action, { instanceOf: Failure });
  const [diagnostic] = failure?.diagnostics ?? [];
  t.is(diagnostic?.code, code as never);
  t.regex(`${diagnostic?.message}\n${diagnostic?.because}`, pattern);
  t.truthy(diagnostic?.fix);
}
