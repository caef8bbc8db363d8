/** Folders that are put together beside others: what is copied there, what is sent, what an interrupted session leaves. */
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Device } from '../../src/device/device.ts';
import { besideParcel, stageBeside } from '../../src/device/upload/beside.ts';
import type { Found, Inventory } from '../../src/device/upload/inventory.ts';
import { sortsOf } from '../../src/device/upload/sorts.ts';
import { type UploadEntry, uploadTree } from '../../src/device/upload/tree.ts';
import { localDevice } from '../support/local-device.ts';
import { expectedListing, file, listing, noise } from '../support/upload-tree.ts';

const helper = file('overlay_helper', noise(90_000, 'helper'), 0o755);
function release(version: string): readonly UploadEntry[] {
  return [helper, file('overlay_init', noise(20_000, version), 0o755), file('previous', 'original\n')];
}

async function releases(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-beside-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** As an earlier deployment has left it. */
async function there(folder: string, name: string, entries: readonly UploadEntry[]): Promise<void> {
  await mkdir(join(folder, name));
  for (const entry of entries)
    if (entry.kind === 'file')
      await writeFile(join(folder, name, entry.path), entry.content as Uint8Array, { mode: entry.mode });
}

test('what another release has is copied, the rest is sent, and nothing else is there', async (t) => {
  const folder = await releases(t);
  await there(folder, 'one', [...release('1'), file('confirmed', 'confirmed\n'), file('tried', 'tried\n')]);
  const staged = await stageBeside({ device: localDevice(), folder, name: 'two' }, release('2'));
  t.deepEqual(await listing(staged.path), expectedListing(release('2')));
  t.like(staged, { sent: { files: 1 }, had: 2, verifiedBy: 'sha256sum' });
  t.true(staged.sent.bytes > 20_000 && staged.sent.bytes < 24_000, `${staged.sent.bytes} bytes`);
  const copied = await stat(join(staged.path, 'overlay_helper'));
  t.is(copied.nlink, 1, 'no link: a release is told from another by its file');
  t.deepEqual((await readdir(folder)).toSorted(), ['one', staged.path.slice(folder.length + 1)].toSorted());
  t.deepEqual(await readdir(join(folder, 'one')), [
    'confirmed',
    'overlay_helper',
    'overlay_init',
    'previous',
    'tried',
  ]);
});

/** A device whose stdin ends after so many bytes of a session that gets any, as where the wire is cut. */
function cutting(after: number): Device {
  const device = localDevice();
  return {
    ...device,
    run: (command, options = {}) => {
      const { stdin } = options;
      if (stdin === undefined || stdin instanceof Uint8Array) return device.run(command, options);
      return device.run(command, { ...options, stdin: start(stdin, after) });
    },
  };
}

async function* start(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

test('what arrived before a cut is not sent again, and what was torn is', async (t) => {
  const folder = await releases(t);
  const cut = stageBeside({ device: cutting(100_000), folder, name: 'one' }, release('1'));
  t.is(
    (await t.throwsAsync<Error & { diagnostics: { code: string }[] }>(cut))?.diagnostics[0]?.code,
    'OVL544',
  );
  const [left = ''] = await readdir(folder);
  t.regex(left, /^one\.[0-9a-f]{8}\.partial$/);
  t.true((await readdir(join(folder, left))).includes('overlay_helper'));
  await writeFile(join(folder, left, 'stray'), 'not ours');
  const again = await stageBeside({ device: localDevice(), folder, name: 'one' }, release('1'));
  t.deepEqual(await listing(again.path), expectedListing(release('1')));
  t.true(again.sent.bytes < 30_000, `${again.sent.bytes} bytes`);
  t.not(again.path, join(folder, left), 'a session that still runs there does not have this name');
  t.deepEqual(await readdir(folder), [again.path.slice(folder.length + 1)]);
});

test('what shrinks goes packed, and what is unpacked before a cut is not sent again', async (t) => {
  const text = [
    file('helper.js', 'function verify() {}\n'.repeat(20_000)),
    file('overlay_init', noise(30_000, 'init'), 0o755),
  ];
  const small = 400_000 / 10;
  const folder = await releases(t);
  const whole = await stageBeside({ device: localDevice(), folder, name: 'whole' }, text);
  t.deepEqual(await listing(whole.path), expectedListing(text));
  t.true(whole.sent.bytes < small, `${whole.sent.bytes} bytes`);
  const other = await releases(t);
  const cut = stageBeside({ device: cutting(20_000), folder: other, name: 'one' }, text);
  t.is(
    (await t.throwsAsync<Error & { diagnostics: { code: string }[] }>(cut))?.diagnostics[0]?.code,
    'OVL544',
  );
  const again = await stageBeside({ device: localDevice(), folder: other, name: 'one' }, text);
  t.deepEqual(await listing(again.path), expectedListing(text));
  t.like(again, { sent: { files: 1 }, had: 1 });
});

test('a link that an interrupted session has is not written through', async (t) => {
  const folder = await releases(t);
  await there(folder, 'one', release('1'));
  await mkdir(join(folder, 'two.00000000.partial'));
  await link(join(folder, 'one/overlay_init'), join(folder, 'two.00000000.partial/overlay_init'));
  const staged = await stageBeside({ device: localDevice(), folder, name: 'two' }, release('2'));
  t.deepEqual(await listing(staged.path), expectedListing(release('2')));
  t.deepEqual(await listing(join(folder, 'one')), expectedListing(release('1')));
});

test('a copy that the board makes badly is found out', async (t) => {
  const folder = await releases(t);
  await there(folder, 'one', release('1'));
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'cp'), '#!/bin/sh\nshift\n/bin/cp "$@"\nprintf x >>"$2"\n', { mode: 0o755 });
  const device = localDevice({ env: { PATH: `${bin}:/usr/bin:/bin` } });
  const error = await t.throwsAsync<Error & { diagnostics: { code: string; because: string }[] }>(
    stageBeside({ device, folder, name: 'two' }, release('2')),
  );
  t.is(error?.diagnostics[0]?.code, 'OVL542');
  t.regex(error?.diagnostics[0]?.because ?? '', /overlay_helper/);
  t.deepEqual(
    (await readdir(folder)).toSorted(),
    ['bin', 'one'],
    'what nobody can trust is not gone on with',
  );
  t.is((await readFile(join(folder, 'one/overlay_init'))).length, 20_000);
});

const tree = uploadTree(release('2'));
const sorts = sortsOf(tree.values());
const sha256 = helper.kind === 'file' ? helper.sha256 : '';

function inventory(found: Readonly<Record<string, Found>>, more: Partial<Inventory> = {}): Inventory {
  const programs = new Set(['find', 'cp', 'tar']);
  return { there: true, digest: 'sha256sum', programs, found: new Map(Object.entries(found)), ...more };
}

test('only a plain file of other releases with the same bytes and permissions is copied', async (t) => {
  const same: Found = { kind: 'file', mode: 0o755, digest: sha256 };
  const copies = async (before: Inventory): Promise<readonly string[]> =>
    (await besideParcel(tree, before, sorts, 'own/')).copies.map(({ from }) => from);
  t.deepEqual(await copies(inventory({ 'one/helper': same })), ['../one/helper']);
  const others: readonly Inventory[] = [
    inventory({ 'one/helper': { ...same, mode: 0o644 } }),
    inventory({ 'one/helper': { ...same, kind: 'other' } }),
    inventory({ 'one/helper': { kind: 'file', mode: 0o755 } }),
    inventory({ "one/it's": same, '../etc/helper': same, 'one/deep/helper': same }),
    inventory({ 'own/helper': same }),
    inventory({ 'one/helper': same }, { programs: new Set(['find', 'tar']) }),
    inventory({ 'one/helper': { ...same, digest: '1 90000' } }, { digest: 'cksum' }),
    inventory({ 'one/helper': { ...same, digest: '90000' } }, { digest: 'wc -c' }),
  ];
  for (const [index, before] of others.entries()) t.deepEqual(await copies(before), [], `${index}`);
});

test('what is staged already stays where it is right, and goes where it is not', async (t) => {
  const parcel = await besideParcel(
    tree,
    inventory({
      'own/overlay_helper': { kind: 'file', mode: 0o755, digest: sha256 },
      'own/overlay_init': { kind: 'file', mode: 0o755, digest: sha256 },
      'own/tried': { kind: 'file', mode: 0o644, digest: sha256 },
    }),
    sorts,
    'own/',
  );
  t.deepEqual(
    parcel.entries.map(({ path }) => path),
    ['overlay_init', 'previous'],
  );
  t.deepEqual([...parcel.replaced].toSorted(), ['overlay_init', 'tried']);
  t.deepEqual(parcel.copies, []);
});
