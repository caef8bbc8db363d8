import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { bundleEntries, bundlePaths } from '../../src/bundle/bundle.ts';
import { sha256 } from '../../src/bundle/digest.ts';
import { parseManifest } from '../../src/bundle/manifest.ts';
import { defaultMtime, packBundle } from '../../src/bundle/pack.ts';
import { file, smallBundle, smallFiles } from '../support/bundles.ts';

test('the manifest comes first and lists every file by path with mode, size and digest', (t) => {
  const [first, ...rest] = bundleEntries(smallBundle());
  t.is(first?.path, bundlePaths.manifest);
  const parsed = parseManifest(new TextDecoder().decode(first?.content));
  if (!('value' in parsed)) return t.fail(parsed.problem);
  t.deepEqual(
    rest.map((one) => one.path),
    ['etc/overlaykit/plan.json', 'sbin/overlay_init'],
  );
  t.deepEqual(parsed.value.files[1], {
    path: 'sbin/overlay_init',
    mode: '0755',
    bytes: 26,
    sha256: sha256('#!/bin/sh\nexec /sbin/init\n'),
  });
  return undefined;
});

test('the order in which the files are given does not change a byte', async (t) => {
  const expected = sha256(await packBundle(smallBundle()));
  t.is(sha256(await packBundle(smallBundle(smallFiles.toReversed()))), expected);
});

test('one byte more in a file, another mode or another time gives another archive', async (t) => {
  const digests = await Promise.all([
    packBundle(smallBundle()),
    packBundle(smallBundle([...smallFiles, file('etc/motd', '')])),
    packBundle(smallBundle(smallFiles.map((one) => ({ ...one, mode: 0o700 })))),
    packBundle(smallBundle(), defaultMtime + 1),
  ]);
  t.is(new Set(digests.map(sha256)).size, 4);
});

test('GNU tar reads owner, mode, time and names of all lengths as they were meant', async (t) => {
  const deep = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(150)}`;
  const bundle = smallBundle([...smallFiles, file('etc/grüße', 'ä'), file(deep, 'x')]);
  const listing = await execa('tar', ['--numeric-owner', '--utc', '--full-time', '-tvf', '-'], {
    input: await packBundle(bundle),
    env: { LC_ALL: 'C.UTF-8' },
  });
  const lines = listing.stdout.split('\n').map((line) => line.replace(/ +/g, ' '));
  t.true(lines.includes('-rwxr-xr-x 0/0 26 2020-01-01 00:00:00 sbin/overlay_init'), listing.stdout);
  t.true(lines.includes(`-rw-r--r-- 0/0 1 2020-01-01 00:00:00 ${deep}`), listing.stdout);
  t.true(lines.includes('-rw-r--r-- 0/0 2 2020-01-01 00:00:00 etc/grüße'), listing.stdout);
  t.is(lines.length, 5);
});

test('two archives are equal exactly when their files are', async (t) => {
  const content = fc.uint8Array({ maxLength: 2000 });
  await fc.assert(
    fc.asyncProperty(content, content, async (a, b) => {
      const one = await packBundle(smallBundle([...smallFiles, { path: 'a', mode: 0o644, content: a }]));
      const two = await packBundle(smallBundle([...smallFiles, { path: 'a', mode: 0o644, content: b }]));
      return Buffer.from(a).equals(Buffer.from(b)) === Buffer.from(one).equals(Buffer.from(two));
    }),
    { numRuns: 50 },
  );
  t.pass();
});
