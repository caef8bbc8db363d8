import { appendFile, chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { SshDevice } from '../../src/device/ssh/ssh-device.ts';
import type { Progress } from '../../src/device/upload/progress.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { requireTool } from '../../src/system/tools.ts';
import { connected, diagnosticOf, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { expectedListing, file, listing, noise, sampleTree } from '../support/upload-tree.ts';

interface Board {
  readonly device: SshDevice;
  /** Its root, as this machine sees it. */
  readonly root: string;
}

async function board(
  t: ExecutionContext,
  kind: 'dropbear' | 'openssh',
  without: readonly string[] = [],
): Promise<Board> {
  const server = await serverFor(t, { kind, without });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `board@127.0.0.1:${server.port}`, { configFile });
  return { device, root: join(server.folder, 'root') };
}

const boards: readonly (readonly [string, 'dropbear' | 'openssh', readonly string[], string])[] = [
  ['dropbear, busybox', 'dropbear', [], 'sha256sum'],
  ['OpenSSH, busybox', 'openssh', [], 'sha256sum'],
  ['busybox without tar', 'dropbear', ['tar'], 'sha256sum'],
  ['busybox without tar, cp, sha256sum', 'openssh', ['tar', 'cp', 'sha256sum'], 'md5sum'],
  ['busybox without any digest', 'dropbear', ['sha256sum', 'md5sum'], 'wc -c'],
];

for (const [title, kind, without, digest] of boards) {
  testOnServer(`${title}: a first time, nothing changed, a new version, what others changed`, async (t) => {
    const { device, root } = await board(t, kind, without);
    const steps: string[] = [];
    const options = { onStep: (step: string) => void steps.push(step) };
    const first = await upload(device, '/tmp/site', sampleTree('1'), options);
    t.deepEqual([first.kind, first.verifiedBy], ['staged', digest as typeof first.verifiedBy]);
    t.deepEqual(await readdir(join(root, 'tmp')), ['site.ovl-partial'], 'nothing is there before the switch');
    await first.switch();
    t.deepEqual(steps, ['ask', 'send', 'verify', 'switch'], 'the switch is the last');
    t.deepEqual(await listing(join(root, 'tmp/site')), expectedListing(sampleTree('1')));

    const again = await upload(device, '/tmp/site', sampleTree('1'));
    if (digest === 'wc -c') {
      t.is(again.kind, 'staged', 'where the board cannot tell, all is sent');
      await again.discard();
    } else t.is(again.kind, 'unchanged');

    const second = await upload(device, '/tmp/site', sampleTree('2'));
    t.deepEqual(
      await listing(join(root, 'tmp/site')),
      expectedListing(sampleTree('1')),
      'links are not written into',
    );
    await second.switch();
    t.deepEqual(await listing(join(root, 'tmp/site')), expectedListing(sampleTree('2')));
    t.deepEqual(await listing(join(root, 'tmp/site.ovl-previous')), expectedListing(sampleTree('1')));

    const site = join(root, 'tmp/site');
    await chmod(join(site, 'etc/same'), 0o777);
    await rm(join(site, 'current'));
    await mkdir(join(site, 'current'));
    await writeFile(join(site, 'current', "not\nours'"), 'x');
    await rm(join(site, 'etc/version'));
    await symlink('same', join(site, 'etc/version'));
    await chmod(join(site, 'secret'), 0o755);
    const third = await upload(device, '/tmp/site', sampleTree('2'));
    if (digest !== 'wc -c' && !without.includes('cp')) t.is(third.files, 2);
    await third.switch();
    await third.settled();
    t.deepEqual(await listing(site), expectedListing(sampleTree('2')));
    t.deepEqual((await readdir(join(root, 'tmp'))).toSorted(), ['site', 'site.ovl-previous']);
  });
}

testOnServer('no room, no right, no parent, no find: told, and the board is as it was', async (t) => {
  const { device, root } = await board(t, 'dropbear');
  const big = [file('big', noise(900_000, 'big')), file('small', 'small')];
  const full = await diagnosticOf(upload(device, '/small/site', big));
  t.is(full.code, 'OVL540');
  t.regex(full.because ?? '', /^88\d KiB are to be sent, \d+ KiB are left/);
  t.is(full.boardState, 'unchanged');
  const { stdout } = await device.run({ kind: 'program', words: ['ls', '-A', '/small'] });
  t.is(stdout.toString(), '');
  t.is((await diagnosticOf(upload(device, '/readonly/site', big))).code, 'OVL541');
  t.is((await diagnosticOf(upload(device, '/nowhere/site', big))).code, 'OVL541');
  await writeFile(join(root, 'tmp', 'file'), 'here');
  t.is((await diagnosticOf(upload(device, '/tmp/file', big))).code, 'OVL541');
  t.deepEqual(await readdir(join(root, 'tmp')), ['file']);
  await t.throwsAsync(upload(device, 'tmp/x', big), { instanceOf: RangeError });
  await t.throwsAsync(upload(device, '/tmp/../x', big), { instanceOf: RangeError });
  await t.throwsAsync(upload(device, '/tmp/x', [file('../etc/passwd', '')]), { instanceOf: RangeError });
  const poor = await board(t, 'dropbear', ['find']);
  t.is((await diagnosticOf(upload(poor.device, '/tmp/site', big))).code, 'OVL543');
});

testOnServer('a board that lies about digests, one whose tar fails, and a source that changes', async (t) => {
  const { device, root } = await board(t, 'dropbear', ['sha256sum', 'tar']);
  const liar = `#!/bin/sh\nfor f; do echo "${'0'.repeat(64)}  $f"; done\n`;
  await writeFile(join(root, 'bin/sha256sum'), liar, { mode: 0o755 });
  await cp(requireTool('busybox'), join(root, 'bin/busybox-full'));
  await writeFile(join(root, 'bin/tar'), '#!/bin/sh\nexec /bin/busybox-full tar "$@"\n', { mode: 0o755 });
  const entries = [file('a', 'a'), file('b', 'b')];
  const lie = await diagnosticOf(upload(device, '/tmp/site', entries));
  t.is(lie.code, 'OVL542', lie.because);
  t.regex(lie.because ?? '', /^2 of the entries differ by the board's own sha256sum/);
  t.deepEqual(await readdir(join(root, 'tmp')), []);
  await writeFile(
    join(root, 'bin/tar'),
    '#!/bin/sh\ncat >/dev/null\necho "tar: Nicht genug Sinn" >&2\nexit 2\n',
  );
  const failing = await diagnosticOf(upload(device, '/tmp/site', entries));
  t.is(failing.code, 'OVL544');
  t.regex(failing.because ?? '', /Nicht genug Sinn/);
  t.deepEqual(await readdir(join(root, 'tmp')), []);
  await rm(join(root, 'bin/sha256sum'));
  await writeFile(join(root, 'bin/tar'), '#!/bin/sh\nexec /bin/busybox-full tar "$@"\n');
  const shorter = { ...file('a', 'abc'), size: 5 } as ReturnType<typeof file>;
  await t.throwsAsync(upload(device, '/tmp/site', [shorter]), { instanceOf: RangeError });
  t.deepEqual(await readdir(join(root, 'tmp')), []);
});

testOnServer('progress counts up to all of it; an abort leaves nothing staged', async (t) => {
  const { device, root } = await board(t, 'openssh');
  const entries = [file('big', noise(3_000_000, 'big'))];
  const seen: Progress[] = [];
  await upload(device, '/tmp/site', entries, { onProgress: (one) => void seen.push(one) });
  const last = seen.at(-1);
  t.is(last?.bytes, last?.total);
  t.is(last?.remainingMs, 0);
  t.true(seen.every((one, index) => one.bytes >= (seen[index - 1]?.bytes ?? 0)));
  const stop = new AbortController();
  const aborted = upload(device, '/tmp/site', entries, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await t.throwsAsync(aborted, { message: 'enough' });
  await appendFile(join(root, 'tmp', 'mine'), '');
  t.deepEqual(await readdir(join(root, 'tmp')), ['mine']);
});
