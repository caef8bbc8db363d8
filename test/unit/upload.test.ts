import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { commandLine, longestLine } from '../../src/device/command-line.ts';
import { script } from '../../src/device/device.ts';
import { archive, archiveSize } from '../../src/device/upload/archive.ts';
import { besideScripts } from '../../src/device/upload/beside-scripts.ts';
import { digestOf } from '../../src/device/upload/digest.ts';
import { readInventory } from '../../src/device/upload/inventory.ts';
import { counting, type Progress } from '../../src/device/upload/progress.ts';
import { receiveLines } from '../../src/device/upload/script-parts.ts';
import { folderScripts } from '../../src/device/upload/scripts.ts';
import { expressionOf, sortsOf } from '../../src/device/upload/sorts.ts';
import { uploadTree } from '../../src/device/upload/tree.ts';
import { file, folder, link, noise, sampleTree } from '../support/upload-tree.ts';

test('digests are those that the programs of boards print', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('a'), noise(70_001, 'x')]) {
    const entry = file('name', bytes);
    if (entry.kind !== 'file') throw new Error('no file');
    for (const program of ['sha256sum', 'md5sum', 'cksum'] as const) {
      const { stdout } = await execa(program, { input: bytes });
      t.is(await digestOf(entry, program), stdout.replace(/ +-?$/, ''), program);
    }
    t.is(await digestOf(entry, 'wc -c'), String(bytes.length));
  }
});

test('paths that lead out, are there twice or lie in a file are refused; folders between are added', (t) => {
  for (const path of ['', '/etc', '../etc', 'a/../b', 'a//b', './a', 'a/', 'a\0b'])
    t.throws(() => uploadTree([file(path, '')]), { instanceOf: RangeError }, JSON.stringify(path));
  t.throws(() => uploadTree([file('a', ''), folder('a')]), { instanceOf: RangeError });
  t.throws(() => uploadTree([file('a', ''), file('a/b', '')]), { instanceOf: RangeError });
  t.throws(() => uploadTree([link('a', 'x'), file('a/b', '')]), { instanceOf: RangeError });
  const entries = [file('b/c/d', ''), file('a', '')];
  t.deepEqual([...uploadTree(entries).keys()], ['a', 'b', 'b/c', 'b/c/d']);
  t.is(uploadTree(entries), uploadTree(entries), 'once for many boards');
});

test('the archive has the size that was said, and tar lists the names', async (t) => {
  const entries = [...uploadTree(sampleTree('1')).values()];
  const bytes = await buffer(archive(entries, 0));
  t.is(bytes.length, archiveSize(entries));
  const { stdout } = await execa('tar', ['tf', '-', '--quoting-style=literal', '--null'], { input: bytes });
  for (const { path } of entries) t.true(stdout.includes(`./${path}`), path);
});

test('whatever a board answers, reading it ends', (t) => {
  const mark = 'ovl-mark';
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '\n',
      '\0',
      `\n${mark} names\n`,
      `\n${mark} sums\n`,
      `\n${mark} links\n`,
      `\n${mark} digest md5sum\n`,
      './a',
      '//',
      ' total',
    ),
  );
  fc.assert(
    fc.property(
      fc.array(piece).map((all) => all.join('')),
      (answer) => {
        const sorts = sortsOf(sampleTree('1'));
        t.true(readInventory(Buffer.from(answer), mark, sorts).found.size <= answer.length);
      },
    ),
    { numRuns: 300 },
  );
});

test('how often find prints a name says what it is', async (t) => {
  const entries = [folder('a'), file('a/1', ''), file('a/2', ''), file('b', '', 0o600), link('c', 'b')];
  const sorts = sortsOf(entries);
  t.deepEqual(sorts.slice(0, 2), [
    { kind: 'file', mode: 0o644 },
    { kind: 'directory', mode: 0o755 },
  ]);
  t.deepEqual(sorts.at(-1), { kind: 'other' });
  t.true(
    expressionOf(sorts)
      .replaceAll(/\$\S+/g, 'X')
      .startsWith('-type f -perm 644 X -o -type d -perm 755 X X -o '),
  );
  const answer = (end: string, names: string): Buffer =>
    Buffer.from(`m end ${end}\nm there\nm names\n${names}\nm links\nm sums\nm done\n`);
  const { found, there } = readInventory(answer('-print0', '.\0.\0./a\0./a\0./a/1\0./x\ny\0'), 'm', sorts);
  t.true(there);
  t.deepEqual(found.get('a'), { kind: 'directory', mode: 0o755 });
  t.deepEqual(found.get('a/1'), { kind: 'file', mode: 0o644 });
  t.deepEqual(found.get('x\ny'), { kind: 'file', mode: 0o644 });
  const torn = readInventory(answer('-print', '.\n.\n./a/1\n./x\ny\n'), 'm', sorts);
  t.is(torn.found.get('y')?.kind, 'other', 'half a name is nothing that is wanted');
});

test('the script goes as one line: through stdin a shell reads it byte by byte', (t) => {
  const words = [`/${'folder/'.repeat(30)}`, `ovl-${'0'.repeat(24)}`, expressionOf(sortsOf(sampleTree('1')))];
  const command = script(folderScripts.upload, ...words, '0'.repeat(64), 'at-once');
  for (const software of ['dropbear_2022.83', 'OpenSSH_9.2p1'])
    t.is(commandLine(command, longestLine(software)).preamble.length, 0, software);
});

const instructed = [
  ['a folder', folderScripts.upload, 'site', 'site.ovl-partial', 'fresh'],
  ['a folder beside others', besideScripts.upload, 'site.1', 'site.1.partial', 'beside'],
] as const;

for (const [what, text, dest, staged, way] of instructed) {
  test(`${what}: instructions that are cut anywhere are not begun with`, async (t) => {
    const place = await mkdtemp(join(tmpdir(), 'ovl-upload-'));
    t.teardown(() => rm(place, { recursive: true, force: true }));
    const lines = receiveLines('mark', { way, replaced: ["a'b", 'c\nd'], copies: [] }, ['x']);
    const run = (input: Uint8Array) =>
      execa('sh', ['-c', text, 'sh', join(place, dest), 'mark', expressionOf(sortsOf([])), ''], {
        input,
        reject: false,
      });
    const step = 7;
    for (let length = 0; length < lines.length - 1; length += step) {
      const { exitCode, stdout } = await run(lines.subarray(0, length));
      t.deepEqual([exitCode, stdout.endsWith('\nmark asked')], [0, true], `${length}: ${stdout}`);
      t.deepEqual(await readdir(place), []);
    }
    const sent = await buffer(archive([...uploadTree([file('x', 'x')]).values()], 0));
    const { stdout } = await run(Buffer.concat([lines, sent]));
    t.regex(stdout, /\nmark synced$/);
    t.deepEqual(await readdir(join(place, staged)), ['x']);
  });
}

test('progress tells a rate and what is left', (t) => {
  const seen: Progress[] = [];
  const count = counting(100, (progress) => seen.push(progress));
  for (let turn = 0; turn < 4; turn++) count(25);
  t.deepEqual(
    seen.map(({ bytes }) => bytes),
    [25, 50, 75, 100],
  );
  t.true(seen.every(({ rate }) => rate > 0));
  t.is(seen.at(-1)?.remainingMs, 0);
});
