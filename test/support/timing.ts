/** Loaded by ava before each test file: notes how long the file took, where test/run.ts asks for it. */
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const notes = process.env.OVL_TEST_TIMES;

if (notes !== undefined) {
  process.on('exit', () => {
    // Milliseconds since the process of this file was started, loading included.
    const file = fileURLToPath(test.meta.file);
    appendFileSync(notes, `${JSON.stringify({ file, ms: Math.round(performance.now()) })}\n`);
  });
}
