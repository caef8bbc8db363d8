/**
 * `npm test`: everything a fresh machine needs, then all tests; `npm test -- WORD...` takes only the files whose path has
 * one of the words in it. The last line is "N passed, N failed, N skipped".
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../src/diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../src/diagnostics/format.ts';
import { packageRoot } from '../src/system/package-root.ts';
import { installPrerequisites } from '../src/system/prerequisites.ts';
import { type ToolName, tools } from '../src/system/tools.ts';
import { buildDist } from '../src/toolchain/dist.ts';
import { kernelFirst } from './support/kernel-first.ts';
import { slowestFiles } from './support/slowest.ts';
import { runAva } from './support/tap.ts';

const none = { passed: 0, failed: 0, skipped: 0 };

process.chdir(packageRoot());
process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const scratch = await mkdtemp(join(tmpdir(), 'ovl-test-'));
  try {
    await installPrerequisites(Object.keys(tools) as ToolName[], say);
    await buildDist();
    const files = await testFiles(words);
    if (files.length === 0)
      return end({ ...none, failed: 1 }, `no test file has ${words.join(' or ')} in its path`);
    await kernelFirst(files, say);
    const times = join(scratch, 'times');
    const counts = await runAva(files, { OVL_TEST_TIMES: times }, say);
    say(await slowestFiles(times));
    return end(counts);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return end({ ...none, failed: 1 }, formatDiagnostics(error.diagnostics));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function testFiles(words: readonly string[]): Promise<readonly string[]> {
  const entries = await readdir('test', { recursive: true });
  return entries
    .map((entry) => join('test', entry))
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .toSorted();
}

function end(counts: typeof none, reason?: string): number {
  if (reason !== undefined) say(reason);
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 ? 0 : 1;
}

function say(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}
