import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { script, succeeded } from '../../src/device/device.ts';
import type { SshDevice } from '../../src/device/ssh/ssh-device.ts';
import { folderScripts } from '../../src/device/upload/scripts.ts';
import { expressionOf, sortsOf } from '../../src/device/upload/sorts.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { ext4Root } from '../support/ext4-root.ts';
import { connected, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { file, folder, link, noise } from '../support/upload-tree.ts';

function tree(version: string) {
  return [
    folder('etc'),
    file('etc/version', version),
    file('etc/same', 'same'),
    file('bin/tool', noise(60_000, 'tool'), 0o755),
    link('current', version),
  ];
}

interface Board {
  readonly device: SshDevice;
  /** Another connection. */
  readonly reconnected: () => Promise<SshDevice>;
  /** Of an ext4 file system. */
  readonly place: string;
  /** Runs a line of shell in the place. */
  readonly sh: (line: string) => Promise<void>;
  /** Uploads a version and switches to it; says how it went, how many files went over, and what they were told by. */
  readonly ask: (version: string, reread?: boolean) => Promise<string>;
}

async function boardOf(
  t: ExecutionContext,
  user: 'root' | 'board',
  kind: 'dropbear' | 'openssh',
): Promise<Board> {
  const server = await serverFor(t, { kind, rootImage: await ext4Root(t) });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const reconnected = (): Promise<SshDevice> =>
    connected(t, `${user}@127.0.0.1:${server.port}`, { configFile });
  const device = await reconnected();
  const place = user === 'board' ? '/files' : join(server.folder, 'root/files');
  return {
    device,
    place,
    reconnected,
    sh: async (line) => {
      const outcome = await device.run(script(`cd "$1" && { ${line}; }`, place));
      t.true(succeeded(outcome), `${line}: ${outcome.stderr}`);
    },
    ask: async (version, reread = false) => {
      const sent = await upload(device, `${place}/site`, tree(version), { reread });
      await sent.switch();
      // OpenSSH does the next command at once.
      await sent.settled();
      return `${sent.kind} ${sent.files} ${sent.verifiedBy}`;
    },
  };
}

const changes: readonly (readonly [what: string, line: string, sent: string])[] = [
  ['written in place, as long as before', 'printf x >site/etc/version', 'staged 1'],
  ['written, and its time put back', 'printf y >site/etc/version; touch -d @0 site/etc/version', 'staged 1'],
  [
    'another in its place, with the same time',
    'printf z >new; touch -d @0 new; mv new site/etc/version',
    'staged 1',
  ],
  ['one file more', ': >site/more; touch -d @0 site/more', 'staged 0'],
  ['one folder more', 'mkdir site/etc/more', 'staged 0'],
  ['one less', 'rm site/etc/same', 'staged 1'],
  ['other permissions', 'chmod 700 site/bin/tool', 'staged 1'],
  ['another target', 'rm site/current; ln -s other site/current', 'staged 0'],
  ['the folder gone', 'rm -rf site', 'staged 3'],
];

/** The machine's own programs (find with -printf) for root, busybox (stat) for board. */
const users = [
  ['root', 'dropbear'],
  ['board', 'openssh'],
] as const;

for (const [user, kind] of users) {
  testOnServer(
    `${user} on ${kind}: what nobody wrote to is not read, and every change is seen`,
    async (t) => {
      const { ask, sh } = await boardOf(t, user, kind);
      t.is(await ask('1'), 'staged 3 sha256sum');
      t.is(await ask('1'), 'unchanged 0 stamp');
      t.is(await ask('1', true), 'unchanged 0 sha256sum', 'read on demand');
      for (const version of ['2', '3', '4'])
        t.is(await ask(version), 'staged 1 sha256sum', 'the stamp tells what is there');
      t.is(await ask('4'), 'unchanged 0 stamp', 'with links to the versions before');
      for (const [what, line, sent] of changes) {
        t.is(await ask('4'), 'unchanged 0 stamp', `before: ${what}`);
        await sh(line);
        t.is(await ask('4'), `${sent} sha256sum`, what);
        t.is(await ask('4', true), 'unchanged 0 sha256sum', `after: ${what}`);
      }
    },
  );

  testOnServer(`${user} on ${kind}: the board deletes and stamps by itself when we have gone`, async (t) => {
    const { ask, device, place, reconnected } = await boardOf(t, user, kind);
    for (const version of ['1', '2']) await ask(version);
    const sent = await upload(device, `${place}/site`, tree('3'));
    await sent.switch();
    await device.close();
    const board = await reconnected();
    // Nobody can be asked but by looking.
    const text = 'cd "$1" && ls -d site* && [ -e site.ovl-stamp ] && ! ls -d site.ovl-older* 2>/dev/null';
    let looked = await board.run(script(text, place));
    for (let turn = 0; turn < 50 && !succeeded(looked); turn++) {
      await sleep(100);
      looked = await board.run(script(text, place));
    }
    t.is(looked.stdout.toString(), 'site\nsite.ovl-previous\nsite.ovl-stamp\n');
    const again = await upload(board, `${place}/site`, tree('3'));
    t.deepEqual([again.kind, again.verifiedBy], ['unchanged', 'stamp']);
  });

  testOnServer(`${user} on ${kind}: a stamp that a power cut has torn is no stamp`, async (t) => {
    const { ask, sh } = await boardOf(t, user, kind);
    await ask('1');
    await sh('cp site.ovl-stamp whole; head -n 1 whole >head; cat head >site.ovl-stamp');
    t.is(await ask('1'), 'unchanged 0 stamp', 'the first line is enough for that');
    t.is(await ask('2'), 'staged 1 sha256sum', 'without an index the files are read');
    await sh('cp site.ovl-stamp whole; head -n 1 whole >head');
    for (const line of [
      ': >cut',
      'head -c 5 head >cut',
      'head -c 80 head >cut',
      'rm site.ovl-stamp; : >cut',
    ]) {
      await sh(`${line}; cat cut >site.ovl-stamp`);
      t.is(await ask('2'), 'unchanged 0 sha256sum', line);
    }
  });
}

testOnServer('a stamp of somebody else is not believed, and none is written through a link', async (t) => {
  const { ask, sh } = await boardOf(t, 'board', 'dropbear');
  await ask('1');
  t.is(await ask('1'), 'unchanged 0 stamp');
  await sh('chown 1000 site.ovl-stamp');
  t.is(await ask('1'), 'unchanged 0 sha256sum');
  await sh('chown 0 site.ovl-stamp; mv site.ovl-stamp other; ln -s other site.ovl-stamp');
  t.is(await ask('1'), 'unchanged 0 sha256sum');
  await sh('rm site.ovl-stamp; echo mine >victim; ln -s victim site.ovl-stamp.new');
  t.is(await ask('2'), 'staged 1 sha256sum');
  await sh('[ "$(cat victim)" = mine ] && [ ! -e site.ovl-stamp ] && [ ! -h site.ovl-stamp.new ]');
  await ask('3');
  t.is(await ask('3'), 'unchanged 0 stamp', 'and the next one is written again');
});

testOnServer('what was linked ahead of instructions that do not come is taken away', async (t) => {
  const { ask, device, place } = await boardOf(t, 'board', 'openssh');
  await ask('1');
  const { stdout } = await device.run(
    script(folderScripts.upload, `${place}/site`, 'mark', expressionOf(sortsOf(tree('1'))), 'another tree'),
  );
  t.regex(stdout.toString(), /^mark stamp\n[\s\S]*\nmark asked\n$/m);
  const left = await device.run(script('cd "$1" && ls -d site*', place));
  t.is(left.stdout.toString(), 'site\nsite.ovl-stamp\n');
  t.is(await ask('2'), 'staged 1 sha256sum');
});

testOnServer('where a program can write without a time that moves there is no stamp', async (t) => {
  const server = await serverFor(t, { kind: 'dropbear' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  // What stands there is a tmpfs.
  const dest = join(server.folder, 'root/small/site');
  for (const expected of ['staged sha256sum', 'unchanged sha256sum']) {
    const sent = await upload(device, dest, tree('1'));
    await sent.switch();
    t.is(`${sent.kind} ${sent.verifiedBy}`, expected);
  }
  const { stdout } = await device.run(script('ls "$1"', join(server.folder, 'root/small')));
  t.is(stdout.toString(), 'site\n');
});
