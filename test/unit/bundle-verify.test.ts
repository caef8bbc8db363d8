import { isDeepStrictEqual } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { bundlePaths } from '../../src/bundle/bundle.ts';
import type { BundleFile } from '../../src/bundle/file.ts';
import { packBundle } from '../../src/bundle/pack.ts';
import { unsafePath } from '../../src/bundle/path.ts';
import { bundleLimit, verifyBundle } from '../../src/bundle/verify.ts';
import { file, packRaw, type RawEntry, rawEntries, smallBundle, smallFiles } from '../support/bundles.ts';

/** The codes and messages that an archive made of changed entries gets. */
async function refused(
  t: ExecutionContext,
  change: (entries: RawEntry[]) => readonly RawEntry[],
): Promise<string> {
  const result = await verifyBundle(await packRaw(change(rawEntries(smallBundle()))), 'x.tar');
  t.false(result.ok);
  return result.diagnostics.map((one) => `${one.code} ${one.message}: ${one.because}`).join('\n');
}

/** The entries with some keys of one of them changed. */
function changed(entries: RawEntry[], index: number, change: Partial<RawEntry>): RawEntry[] {
  return entries.map((entry, at) => (at === index ? { ...entry, ...change } : entry));
}

test('what was packed verifies and comes back whole', async (t) => {
  const bundle = smallBundle([...smallFiles, file('a', ''), file('b/c', 'x'.repeat(100_000), 0o755)]);
  const result = await verifyBundle(await packBundle(bundle, 1), 'x.tar');
  if (!result.ok) return t.fail(JSON.stringify(result.diagnostics));
  t.deepEqual(result.value.manifest, bundle.manifest);
  t.deepEqual(result.value.files.map(plain), bundle.files.map(plain));
  return undefined;
});

test('no changed byte goes unseen, unless it makes another bundle with the same files', async (t) => {
  const bundle = smallBundle();
  const bytes = await packBundle(bundle);
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const copy = Uint8Array.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ flip;
        const result = await verifyBundle(copy, 'x.tar');
        if (!result.ok) return true;
        const { board, overlaykit, requires } = result.value.manifest;
        const named = !isDeepStrictEqual(
          { ...bundle.manifest, board, overlaykit, requires },
          bundle.manifest,
        );
        return named && isDeepStrictEqual(result.value.files.map(plain), bundle.files.map(plain));
      },
    ),
    { numRuns: 400 },
  );
  t.pass();
});

test('no cut goes unseen, wherever it is', async (t) => {
  const bytes = await packBundle(smallBundle());
  for (let length = 0; length < bytes.length; length += 37) {
    const result = await verifyBundle(bytes.subarray(0, length), 'x.tar');
    t.false(result.ok, `cut to ${length} of ${bytes.length} bytes`);
  }
  t.false((await verifyBundle(bytes.subarray(0, bytes.length - 512), 'x.tar')).ok);
});

test('arbitrary bytes are refused, never thrown at', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 3000 }),
      async (bytes) => !(await verifyBundle(bytes, 'x.tar')).ok,
    ),
  );
  t.pass();
});

test('paths that leave the board root are refused', async (t) => {
  for (const path of [
    '../etc/passwd',
    '/etc/passwd',
    'a/../../b',
    'a//b',
    './a',
    'a/',
    'a\nb',
    'a\u001b[2Jb',
  ]) {
    const text = await refused(t, (entries) => changed(entries, 2, { name: path }));
    t.regex(text, /^OVL30[34] /, JSON.stringify(path));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none reaches the terminal is the point
    t.notRegex(text, /\u001b/);
  }
  t.is(unsafePath('sbin/overlay_init'), undefined);
  t.is(unsafePath('etc/..hidden'), undefined);
});

test('links, directories and devices are refused', async (t) => {
  for (const type of ['symlink', 'link', 'directory', 'character-device', 'block-device', 'fifo'] as const) {
    const text = await refused(t, (entries) => [
      ...entries,
      { name: 'etc/extra', type, linkname: '/etc/passwd' },
    ]);
    t.true(text.includes(`OVL304 entry "etc/extra`), text);
    t.true(text.includes(type), text);
  }
});

test('a bundle without a manifest in first place is refused', async (t) => {
  t.regex(
    await refused(t, (entries) => entries.slice(1)),
    /OVL302 .*first entry is "etc\/overlaykit\/plan.json"/,
  );
  t.regex(await refused(t, () => []), /OVL302 .*empty/);
  t.regex(await refused(t, (entries) => changed(entries, 0, { text: '{' })), /OVL302 .*not JSON/);
  t.regex(await refused(t, (entries) => changed(entries, 0, { text: '{}' })), /OVL302 .*schema/);
  t.regex(
    await refused(t, (entries) => changed(entries, 0, { text: ' '.repeat(1024 ** 2 + 1) })),
    /OVL302 .*1048577 bytes/,
  );
  const replaced = (from: string, to: string): Promise<string> =>
    refused(t, (entries) => changed(entries, 0, { text: entries[0]?.text?.replace(from, to) ?? '' }));
  t.regex(await replaced('"0755"', '"4755"'), /OVL302 .*files\.1\.mode/);
  t.regex(await replaced('"/rom"', '"/rom/../etc"'), /OVL302 .*requires\.mountPoints\.1/);
  t.regex(await replaced('"mount"', '"mount;reboot"'), /OVL302 .*requires\.applets\.0/);
});

test('a manifest that lists no overlay_init, or names another plan, is refused', async (t) => {
  const rename = (text = ''): string => text.replace('sbin/overlay_init', 'sbin/other_init');
  t.regex(
    await refused(t, (entries) => changed(entries, 0, { text: rename(entries[0]?.text) })),
    /OVL302 .*does not list "sbin\/overlay_init"/,
  );
  const digest = smallBundle().manifest.planDigest;
  const another = (text = ''): string => text.replace(`"${digest}",\n  "ov`, `"${'f'.repeat(64)}",\n  "ov`);
  t.regex(
    await refused(t, (entries) => changed(entries, 0, { text: another(entries[0]?.text) })),
    /OVL305 .*belongs to another plan/,
  );
});

test('missing, extra and repeated files are all reported at once', async (t) => {
  const text = await refused(t, ([manifest, plan, init]) => [
    manifest as RawEntry,
    init as RawEntry,
    init as RawEntry,
    { ...(plan as RawEntry), name: 'etc/shadow' },
  ]);
  t.regex(text, /OVL306 .*lacks the file "etc\/overlaykit\/plan.json"/);
  t.regex(text, /OVL306 .*holds "etc\/shadow", which its manifest does not list/);
  t.regex(text, /OVL306 .*holds "sbin\/overlay_init" more than once/);
});

test('a second manifest and a file inside a file are refused', async (t) => {
  const text = await refused(t, (entries) => [
    ...entries,
    { name: bundlePaths.manifest, text: 'x' },
    { name: `${bundlePaths.manifest}/inside`, text: 'x' },
  ]);
  t.regex(text, /"etc\/overlaykit\/manifest.json" more than once/);
  const nested = await verifyBundle(
    await packBundle(smallBundle([...smallFiles, file('a', ''), file('a/b', '')])),
    'x.tar',
  );
  t.regex(nested.diagnostics.map((one) => one.message).join(), /"a\/b" inside something that is a file/);
});

test('content, size and mode are held against the manifest', async (t) => {
  const same = await refused(t, (entries) => changed(entries, 1, { text: '[]\n' }));
  t.regex(same, /OVL305 .*its SHA-256 is [0-9a-f]{64}, the manifest says [0-9a-f]{64}/);
  t.regex(
    await refused(t, (entries) => changed(entries, 1, { text: '' })),
    /OVL305 .*has 0 bytes, .* says 3/,
  );
  t.regex(await refused(t, (entries) => changed(entries, 2, { mode: 0o644 })), /OVL305 .*mode is 0644.*0755/);
});

test('intact files in an archive of other form are refused', async (t) => {
  t.regex(await refused(t, (entries) => changed(entries, 1, { uid: 1000 })), /^OVL307 /);
  t.regex(await refused(t, (entries) => changed(entries, 1, { mtime: new Date(5000) })), /^OVL307 /);
  const bytes = await packBundle(smallBundle());
  for (const tail of [new Uint8Array(512), await packRaw([{ name: 'etc/shadow', text: 'x' }])]) {
    const result = await verifyBundle(Buffer.concat([bytes, tail]), 'x.tar');
    t.false(result.ok);
  }
});

test('an entry that claims to be enormous is refused without waiting for its bytes', async (t) => {
  const bytes = Buffer.from(await packRaw(rawEntries(smallBundle())));
  bytes.write('77777777777\0', 124, 'latin1');
  rewriteChecksum(bytes);
  const result = await verifyBundle(bytes, 'x.tar');
  t.is(result.diagnostics[0]?.code, 'OVL301');
  t.is((await verifyBundle(new Uint8Array(bundleLimit + 1), 'x.tar')).diagnostics[0]?.code, 'OVL308');
});

test('an archive of very many entries is given up early', async (t) => {
  const entries = Array.from({ length: 10_001 }, (_, index) => ({ name: `f${index}` }));
  const result = await verifyBundle(await packRaw(entries), 'x.tar');
  t.regex(result.diagnostics[0]?.because ?? '', /more than 10000 entries/);
});

/** A file as something that compares by value. */
function plain(one: BundleFile): readonly unknown[] {
  return [one.path, one.mode, Buffer.from(one.content).toString('latin1')];
}

/** Makes the first header's checksum right again, as somebody would who changes a header by hand. */
function rewriteChecksum(bytes: Buffer): void {
  bytes.fill(' ', 148, 156);
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
