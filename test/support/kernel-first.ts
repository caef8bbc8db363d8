/**
 * The lab's own kernel, built before the first test begins where a test boots it: with an empty cache that takes eight minutes of two
 * processors, and ava gives up when no test says anything for ten.
 */
import { readFile } from 'node:fs/promises';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { ownKernel } from '../../src/lab/kernel/own.ts';

/** The test files in which something boots that kernel. */
export async function bootingOwnKernel(files: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return files.filter((file, index) => isBooting(file, texts[index] ?? ''));
}

function isBooting(file: string, text: string): boolean {
  return file.startsWith('test/vm/') && /OwnKernel|ownKernel|'qemu-own-kernel'/.test(text);
}

/** Where it cannot be built the tests that need it say so, and the others run. */
export async function kernelFirst(files: readonly string[], say: (text: string) => void): Promise<void> {
  if ((await bootingOwnKernel(files)).length === 0) return;
  try {
    await ownKernel({ onProgress: say });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(formatDiagnostics(error.diagnostics));
  }
}
