/** Runs ava and says what came of each test, a line each, failures in full where they happen and by name at the end. */
import { execa } from 'execa';
import { Parser, type Result } from 'tap-parser';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  /** Tests that were skipped, and those that are only announced. */
  readonly skipped: number;
}

/** @param env added to the environment of the tests */
export async function runAva(
  files: readonly string[],
  env: Readonly<Record<string, string>>,
  say: (text: string) => void,
): Promise<Counts> {
  const results: Result[] = [];
  const parser = new Parser();
  parser.on('assert', (result: Result) => {
    results.push(result);
    say(describe(result));
  });
  parser.on('comment', (text: string) => {
    // t.log(); ava's own comments are the counts at the end, which have a single blank.
    if (text.startsWith('#   ')) say(text.replace('# ', '      '));
  });
  parser.on('extra', (text: string) => say(text));
  parser.on('bailout', (reason: string) => say(`ava gave up: ${reason}`));

  const ava = execa('ava', ['--tap', ...files], {
    preferLocal: true,
    reject: false,
    stdin: 'ignore',
    stderr: 'inherit',
    buffer: false,
    env,
  });
  ava.stdout.pipe(parser);
  const [{ exitCode }] = await Promise.all([ava, new Promise((resolve) => parser.on('complete', resolve))]);
  return summarize(results, exitCode ?? 1, say);
}

function summarize(results: readonly Result[], exitCode: number, say: (text: string) => void): Counts {
  const failed = results.filter((result) => kind(result) === 'FAILED');
  if (failed.length > 0) say(`\nfailed:\n${failed.map((result) => `  ${result.name}`).join('\n')}`);
  // ava sees things that are no test's failure, such as a worker that does not end.
  const unexplained = exitCode !== 0 && failed.length === 0;
  if (unexplained) say(`ava ended with exit code ${exitCode} although no test failed`);
  return {
    passed: results.filter((result) => kind(result) === 'ok').length,
    failed: failed.length + Number(unexplained),
    skipped: results.filter((result) => kind(result) === 'skipped').length,
  };
}

function kind(result: Result): 'ok' | 'FAILED' | 'skipped' {
  if (result.skip || result.todo) return 'skipped';
  return result.ok ? 'ok' : 'FAILED';
}

function describe(result: Result): string {
  const line = `${kind(result).padEnd(8)}${result.name}`;
  return kind(result) === 'FAILED' ? `${line}\n${indent(failureText(result.diag))}` : line;
}

/** What ava says about a failure: message, values or difference, place; nested texts keep their lines. */
function failureText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.entries(value)
    .map(([key, inner]) => {
      const text = failureText(inner).trimEnd();
      const label = key.endsWith(':') ? key : `${key}:`;
      return text.includes('\n') ? `${label}\n${indent(text)}` : `${label} ${text}`;
    })
    .join('\n');
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd())
    .join('\n');
}
