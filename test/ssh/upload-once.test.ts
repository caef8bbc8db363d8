/** Uploads that switch at once, in the session that they came in, and the folder of links that waits for the next one. */
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Device, script, succeeded } from '../../src/device/device.ts';
import type { UploadEntry } from '../../src/device/upload/tree.ts';
import { type Upload, type UploadOptions, upload } from '../../src/device/upload/upload.ts';
import type { Failure } from '../../src/diagnostics/diagnostic.ts';
import { requireTool } from '../../src/system/tools.ts';
import { ext4Root } from '../support/ext4-root.ts';
import { connected, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { file, folder, link } from '../support/upload-tree.ts';

/** Enough names for a folder of links to be worth it. */
function tree(version: string): readonly UploadEntry[] {
  const many = Array.from({ length: 240 }, (_, index) => file(`d${index % 5}/f ${index}`, `${index}`));
  return [...many, folder('empty', 0o700), link('current', version), file('etc/version', version)];
}

interface Board {
  /** Counts the sessions. */
  readonly device: Device;
  readonly sessions: () => number;
  readonly place: string;
  /** The board's root as this machine sees it, without its ext4. */
  readonly root: string;
  /** Runs a line of shell in the place. @returns what it prints */
  readonly sh: (line: string) => Promise<string>;
  readonly bring: (version: string, options?: UploadOptions) => Promise<Upload>;
}

async function boardOf(
  t: ExecutionContext,
  user: 'root' | 'board',
  kind: 'dropbear' | 'openssh',
  { onExt4 = true, without = [] }: { onExt4?: boolean; without?: readonly string[] } = {},
): Promise<Board> {
  const server = await serverFor(t, { kind, without, ...(onExt4 ? { rootImage: await ext4Root(t) } : {}) });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `${user}@127.0.0.1:${server.port}`, { configFile });
  let sessions = 0;
  const counted: Device = {
    name: device.name,
    lost: device.lost,
    expectReboot: () => device.expectReboot(),
    reconnect: (options) => device.reconnect(options),
    close: () => device.close(),
    run: (command, options) => {
      sessions++;
      return device.run(command, options);
    },
  };
  const root = join(server.folder, 'root');
  const inside = onExt4 ? '/files' : '/tmp';
  const place = user === 'board' ? inside : `${root}${inside}`;
  return {
    device: counted,
    sessions: () => sessions,
    place,
    root,
    sh: async (line) => {
      const outcome = await device.run(script(`cd "$1" && { ${line}; }`, place));
      t.true(succeeded(outcome), `${line}: ${outcome.stderr}`);
      return outcome.stdout.toString().trim();
    },
    bring: async (version, options = {}) => {
      const sent = await upload(counted, `${place}/site`, tree(version), { atOnce: true, ...options });
      await sent.settled();
      return sent;
    },
  };
}

const all = 'ls -d site*';
const inode = (name: string): string => `ls -di ${name} | sed 's/^ *//;s/ .*//'`;

/** The machine's own programs (find with -printf) for root, busybox (stat) for board. */
const users = [
  ['root', 'dropbear'],
  ['board', 'openssh'],
] as const;

for (const [user, kind] of users) {
  testOnServer(
    `${user} on ${kind}: one session brings and switches, out of the links that wait`,
    async (t) => {
      const { bring, sh, sessions, device, place } = await boardOf(t, user, kind);
      const steps: string[] = [];
      const onStep = (step: string): void => void steps.push(step);
      t.like(await bring('1', { onStep }), { kind: 'switched', files: 241 });
      t.deepEqual(steps.splice(0), ['ask', 'send', 'verify', 'switch']);
      t.is(await sh(all), 'site\nsite.ovl-spare\nsite.ovl-stamp');
      for (const version of ['2', '3', '4']) {
        const before = sessions();
        const waiting = await sh(inode('site.ovl-spare'));
        t.like(await bring(version, { onStep }), { kind: 'switched', files: 1, verifiedBy: 'sha256sum' });
        t.deepEqual(steps.splice(0), ['ask', 'send', 'verify', 'switch'], 'the switch is the last');
        t.is(sessions() - before, 1);
        t.is(await sh(inode('site')), waiting, 'the links were taken');
        t.is(
          await sh('cat site/etc/version; cat site.ovl-previous/etc/version'),
          `${version}${Number(version) - 1}`,
        );
        t.is(await sh(all), 'site\nsite.ovl-previous\nsite.ovl-spare\nsite.ovl-stamp');
        t.like(await bring(version), { kind: 'unchanged', verifiedBy: 'stamp' });
        t.is((await bring(version, { reread: true })).kind, 'unchanged');
      }
      const two = await upload(device, `${place}/site`, tree('5'));
      t.is(two.kind, 'staged', 'asked for by itself, the switch waits');
      t.is(await sh('cat site/etc/version'), '4');
      await two.switch();
      await two.settled();
      t.is(await sh('cat site/etc/version'), '5');
    },
  );

  testOnServer(`${user} on ${kind}: links that are not what they were are not taken`, async (t) => {
    const { bring, sh } = await boardOf(t, user, kind);
    await bring('0');
    const tampered = [
      ['one less', 'rm "site.ovl-spare/d1/f 1"'],
      ['one more', ': >site.ovl-spare/more; touch -d @0 site.ovl-spare/more'],
      ['another in its place', 'printf 1 >new; touch -d @0 new; mv new "site.ovl-spare/d1/f 1"'],
      ['other permissions', 'chmod 711 site.ovl-spare/d1'],
      ['a link in its place', 'mv site.ovl-spare elsewhere; ln -s elsewhere site.ovl-spare'],
      ['torn', 'rm -rf site.ovl-spare/d4 site.ovl-spare/d2'],
    ] as const;
    for (const [index, [what, line]] of tampered.entries()) {
      const waiting = await sh(inode('site.ovl-spare'));
      await sh(line);
      t.is((await bring(`${index + 1}`)).kind, 'switched', what);
      t.not(await sh(inode('site')), waiting, what);
      t.is((await bring(`${index + 1}`, { reread: true })).kind, 'unchanged', what);
    }
    await sh('printf x >"site/d1/f 1"');
    t.like(await bring('8'), { kind: 'switched', files: 2 }, 'written through either name');
    await sh('rm "site/d1/f 1"');
    t.like(
      await bring('9'),
      { kind: 'switched', files: 2 },
      'a name less moves the change time of the other',
    );
    await sh(': >site/more');
    t.like(
      await bring('10'),
      { kind: 'switched', files: 1 },
      'what stands there has one name more, the links have not',
    );
    t.is((await bring('10', { reread: true })).kind, 'unchanged');
    t.is(await sh('ls -d site*/more'), 'site.ovl-previous/more', 'as it was found');
  });
}

testOnServer('an abort, and what arrives spoilt: taken away, and nothing was switched', async (t) => {
  const { bring, sh, root } = await boardOf(t, 'board', 'openssh', {
    onExt4: false,
    without: ['tar', 'sync'],
  });
  await cp(requireTool('busybox'), join(root, 'bin/busybox-full'));
  const tar = (more: string): Promise<void> =>
    writeFile(join(root, 'bin/tar'), `#!/bin/sh\n/bin/busybox-full tar "$@" || exit\n${more}\n`, {
      mode: 0o755,
    });
  await tar('');
  await writeFile(join(root, 'bin/sync'), '#!/bin/sh\n', { mode: 0o755 });
  await bring('1');
  const before = await sh(all);
  for (const at of ['send', 'verify']) {
    const stop = new AbortController();
    const aborted = bring('2', {
      signal: stop.signal,
      onStep: (step) => {
        if (step === at) stop.abort(new Error(`enough at ${step}`));
      },
    });
    await t.throwsAsync(aborted, { message: `enough at ${at}` });
    t.is(
      await sh(`cat site/etc/version; ${all} | grep -v stamp`),
      `1${before.replace('\nsite.ovl-stamp', '').replace('\nsite.ovl-spare', '')}`,
    );
  }
  await tar('printf x >>etc/version');
  const error = await t.throwsAsync<Failure>(bring('2'));
  t.like(error?.diagnostics[0], { code: 'OVL542', boardState: 'unchanged' });
  t.is(await sh('cat site/etc/version; ls -d site.ovl-partial 2>/dev/null; :'), '1');
  await tar('');
  const sync = (line: string): Promise<void> =>
    writeFile(join(root, 'bin/sync'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  await sync('echo "sync: I/O error" >&2; exit 1');
  const unsynced = await t.throwsAsync<Failure>(bring('2'));
  t.like(unsynced?.diagnostics[0], { code: 'OVL544', boardState: 'unchanged' });
  t.is(await sh('cat site/etc/version; ls -d site.ovl-partial 2>/dev/null; :'), '1');
  await sync(':');
  t.is((await bring('2')).kind, 'switched');
  t.is(await sh('cat site/etc/version; cat site.ovl-previous/etc/version'), '21');
});

const poor = [
  [['head'], false],
  [['tar'], false],
  [['cp'], true],
] as const;

for (const [without, one] of poor)
  testOnServer(
    `a board without ${without.join()} switches at once too, in as many sessions as it needs`,
    async (t) => {
      const { bring, sh, sessions } = await boardOf(t, 'board', 'dropbear', { onExt4: false, without });
      await bring('1');
      const before = sessions();
      t.is((await bring('2')).kind, 'switched');
      t.is(sessions() - before === 1, one);
      t.is(await sh('cat site/etc/version; cat site.ovl-previous/etc/version'), '21');
      t.is((await bring('2', { reread: true })).kind, 'unchanged');
    },
  );
