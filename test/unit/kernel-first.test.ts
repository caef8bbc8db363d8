/** Which test files need the lab's own kernel, so that it is built before ava counts the minutes. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/system/package-root.ts';
import { bootingOwnKernel, kernelFirst } from '../support/kernel-first.ts';

test('it is built for tests that boot it, and for no others', async (t) => {
  process.chdir(packageRoot());
  const names = (await readdir('test/vm')).filter((name) => name.endsWith('.test.ts'));
  const booting = await bootingOwnKernel(names.map((name) => join('test/vm', name)));
  t.true(booting.includes('test/vm/boot-own-kernel.test.ts'));
  t.true(booting.includes('test/vm/faults.test.ts'));
  t.false(booting.includes('test/vm/uml.test.ts'));
  t.deepEqual(await bootingOwnKernel(['test/unit/lab-hardware.test.ts']), []);
  await kernelFirst(['test/unit/lab-hardware.test.ts'], (line) => t.fail(line));
});
