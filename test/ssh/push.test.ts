/** `ovl push` on real servers: a folder of this machine becomes a folder of the board's. */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { readLocalFolder } from '../../src/device/upload/local-folder.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { ext4Root } from '../support/ext4-root.ts';
import { ovl, type Ran } from '../support/ovl.ts';
import { connected, diagnosticOf, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { listing } from '../support/upload-tree.ts';

interface Scene {
  /** The folder that is pushed. */
  readonly app: string;
  /** The board's root, as this machine sees it. */
  readonly root: string;
  readonly host: string;
  readonly configFile: string;
  readonly push: (...words: readonly string[]) => Promise<Ran>;
}

async function scene(t: ExecutionContext, kind: 'dropbear' | 'openssh', rootImage?: string): Promise<Scene> {
  const server = await serverFor(t, { kind, ...(rootImage === undefined ? {} : { rootImage }) });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const app = await mkdtemp(join(tmpdir(), 'ovl-push-'));
  t.teardown(() => rm(app, { recursive: true, force: true }));
  await mkdir(join(app, 'bin'), { mode: 0o750 });
  await writeFile(join(app, 'bin/run'), '#!/bin/sh\necho 1\n', { mode: 0o755 });
  await writeFile(join(app, "it's\na name"), 'x'.repeat(100_000), { mode: 0o600 });
  await symlink('bin/run', join(app, 'run'));
  const host = `board@127.0.0.1:${server.port}`;
  const root = join(server.folder, 'root');
  const push = (...words: readonly string[]) =>
    ovl(['push', app, host, '--ssh-config', configFile, ...words]);
  return { app, root, host, configFile, push };
}

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: new, as it is, replaced, and what was there is kept`, async (t) => {
    const { app, root, push } = await scene(t, kind);
    const there = join(root, 'tmp/app');
    const first = await push('--to', '/tmp/app');
    t.is(first.exitCode, 0, first.stderr);
    t.regex(first.stdout, /: \/tmp\/app: 2 of 2 files were sent, \d+ KiB, verified by sha256sum\n$/);
    t.deepEqual(await listing(there), await listing(app));

    const again = await push('--to', '/tmp/app');
    t.is(again.exitCode, 0, 'nothing is replaced, so nobody is asked');
    t.regex(again.stdout, /as it should be already\n$/, again.stderr);
    t.deepEqual((await readdir(join(root, 'tmp'))).toSorted(), ['app'], 'nothing is left beside it');

    const before = await listing(there);
    await writeFile(join(app, 'bin/run'), '#!/bin/sh\necho 2\n');
    const unasked = await push('--to', '/tmp/app');
    t.is(unasked.exitCode, 2);
    t.regex(unasked.stderr, /OVL006[\s\S]*\/tmp\/app\.ovl-previous[\s\S]*--yes/);
    t.deepEqual(await listing(there), before, 'where nobody can be asked nothing is replaced');
    t.deepEqual(await readdir(join(root, 'tmp')), ['app'], 'and what was staged is gone');

    const second = await push('--to', '/tmp/app', '--yes', '--json');
    t.is(second.exitCode, 0, second.stderr);
    t.like(JSON.parse(second.stdout), { ok: true, path: '/tmp/app', changed: true, files: 1 });
    t.deepEqual(await listing(there), await listing(app));
    t.deepEqual(await listing(`${there}.ovl-previous`), before);
  });

  testOnServer(`${kind}: what the board tidies up goes on when the command has ended`, async (t) => {
    const { app, push } = await scene(t, kind, await ext4Root(t));
    // busybox's stat ends names with a line feed.
    await rm(join(app, "it's\na name"));
    const pushed = async (): Promise<unknown> => {
      const { exitCode, stdout, stderr } = await push('--to', '/files/app', '--yes', '--json');
      t.is(exitCode, 0, stderr);
      return JSON.parse(stdout);
    };
    t.like(await pushed(), { changed: true, verifiedBy: 'sha256sum' });
    await until(async () => (await pushed()) as { readonly verifiedBy: string }, 'stamp');
  });
}

/** The stamp is the last thing that the board writes. */
async function until(ask: () => Promise<{ readonly verifiedBy: string }>, word: string): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    if ((await ask()).verifiedBy === word) return;
    await sleep(250);
  }
  throw new Error(`never verified by ${word}`);
}

testOnServer('what cannot be: refused before anything is sent, with the board as it was', async (t) => {
  const { app, root, push } = await scene(t, 'dropbear');
  await mkdir(join(root, 'rom/tmp/app'), { recursive: true });
  const base = await push('--to', '/tmp/app', '--yes');
  t.is(base.exitCode, 6, base.stderr);
  t.regex(base.stderr, /OVL665[\s\S]*\/rom\/tmp\/app[\s\S]*board +nothing was changed on it/);

  execFileSync('mkfifo', [join(app, 'pipe')]);
  await writeFile(Buffer.concat([Buffer.from(`${app}/`), Buffer.from([0x66, 0xff])]), '');
  const odd = await push('--to', '/tmp/other');
  t.is(odd.exitCode, 4);
  t.is(odd.stderr.match(/error\[OVL428\]/g)?.length, 2, 'all of it is said at once');
  t.regex(odd.stderr, /a named pipe/);
  t.regex(odd.stderr, /no UTF-8/);
  t.deepEqual(await readdir(join(root, 'tmp')), []);

  for (const to of ['opt/app', '/', '/a/../b', '/overlay/generations/1/upper/app', '/rom/app']) {
    const { exitCode, stderr } = await push('--to', to);
    t.is(exitCode, 2, `${to}: ${stderr}`);
    t.regex(stderr, /OVL004/);
  }
  t.regex((await push()).stderr, /OVL003[\s\S]*--to PATH/);
});

testOnServer(
  'a file that is written to while it is sent: told, and nothing is left on the board',
  async (t) => {
    const { app, root, host, configFile } = await scene(t, 'dropbear');
    // Larger than what is kept in memory.
    const [large, bytes] = [join(app, 'large'), 1_100_000];
    await writeFile(large, 'e'.repeat(bytes));
    const entries = await readLocalFolder(app, new AbortController().signal);
    await appendFile(large, 'more');
    const device = await connected(t, host, { configFile });
    const longer = await diagnosticOf(upload(device, '/tmp/app', entries));
    t.like(longer, { code: 'OVL429', boardState: 'unchanged' });
    await writeFile(large, 'a'.repeat(bytes));
    t.is((await diagnosticOf(upload(device, '/tmp/app', entries))).code, 'OVL429');
    t.deepEqual(await readdir(join(root, 'tmp')), []);

    await writeFile(large, 'e'.repeat(bytes));
    const before = await listing(app);
    await appendFile(join(app, 'bin/run'), 'echo more\n');
    const sent = await upload(device, '/tmp/app', entries);
    await sent.switch();
    t.deepEqual(await listing(join(root, 'tmp/app')), before, 'a small one as it was read');
  },
);
