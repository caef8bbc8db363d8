/** `ovl deploy` to boards that lack what others have, and to one that lies, over both servers: done all the same, or refused with nothing changed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { sha256 as digestOf } from '../../src/bundle/digest.ts';
import { directory, file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { requireTool } from '../../src/system/tools.ts';
import { ovl, type Ran } from '../support/ovl.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { makeWritableRoot, writableBoardText } from '../support/writable-board.ts';

interface PoorBoard {
  /** `ovl deploy` of a bundle without the helper, or of one with it. */
  readonly deploy: (bundle: 'small' | 'large', ...words: readonly string[]) => Promise<Ran>;
  /** A command on the board, which has to succeed; gives stdout. */
  readonly ssh: (command: string) => Promise<string>;
}

async function poorBoard(
  t: ExecutionContext,
  kind: 'dropbear' | 'openssh',
  withoutApplets: readonly string[],
  programs: readonly RootFile[] = [],
): Promise<PoorBoard> {
  const { folder } = await ownSsh(t);
  const rootImage = join(folder, 'root.img');
  const files = [directory('/small'), directory('/readonly'), ...programs];
  await makeWritableRoot(rootImage, { root: { files, withoutApplets } });
  const server = await serverFor(t, { kind, rootImage });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  await writeFile(join(folder, 'small.yaml'), writableBoardText());
  await writeFile(join(folder, 'large.yaml'), writableBoardText({ helper: { enabled: true } }));
  for (const name of ['small', 'large']) {
    const { exitCode, stderr } = await ovl(['build', `${name}.yaml`, '-o', name], { cwd: folder });
    if (exitCode !== 0) throw new Error(stderr);
  }
  const host = `board@127.0.0.1:${server.port}`;
  const rest = ['--ssh-config', configFile, '--yes', '--no-reboot'];
  return {
    deploy: async (bundle, ...words) =>
      ovl(['deploy', `${bundle}/bundle.tar`, host, ...rest, ...words], { cwd: folder }),
    ssh: async (command) => {
      const to = ['-F', configFile, '-p', `${server.port}`, 'board@127.0.0.1', command];
      return (await execa('ssh', to)).stdout;
    },
  };
}

/** What sha256sum does with names, where it always lies of its stdin. */
const lies = [
  [
    'whenever it is asked',
    'exec echo "$@"',
    /^what arrived in "\S+" is not what was sent: 2 of the entries differ by the board's own sha256sum/,
  ],
  [
    'of what is put together',
    'exec /bin/busybox-full sha256sum "$@"',
    /is not on the board as it was sent: its SHA-256 is 0{64}, and should be /,
  ],
] as const;

const releases = 'ls /etc/overlaykit/releases 2>/dev/null || echo none';

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(
    `${kind}: no sha256sum, no tar, no SFTP, a read-only root: deployed, and closed again`,
    async (t) => {
      const { deploy, ssh } = await poorBoard(t, kind, ['sha256sum', 'sha512sum', 'md5sum', 'tar']);
      await ssh('mount -o remount,ro /');
      const ran = await deploy('small', '--json');
      t.is(ran.exitCode, 0, ran.stderr);
      const { deployment, outcome } = JSON.parse(ran.stdout);
      t.is(outcome, 'waiting');
      const { steps, release } = deployment as {
        steps: readonly { kind: string; files?: readonly { name: string; sha256: string }[] }[];
        release: string;
      };
      for (const { name, sha256 } of steps.find((step) => step.kind === 'verify')?.files ?? t.fail()) {
        const bytes = await ssh(
          `cat /etc/overlaykit/releases/${release}/${name} | od -An -tx1 -v | tr -d ' \n'`,
        );
        t.is(digestOf(Buffer.from(bytes, 'hex')), sha256, name);
      }
      t.is(await ssh('echo x 2>/dev/null >/etc/x || echo read-only'), 'read-only');
    },
  );

  testOnServer(`${kind}: a megabyte free is enough; with less a bundle is refused by numbers`, async (t) => {
    const { deploy, ssh } = await poorBoard(t, kind, ['tar']);
    // ext4 keeps a fiftieth for itself, which nobody gets.
    const leave = async (kibibytes: number): Promise<void> => {
      const room = "stat -f -c '%f %S %b' /";
      const [, size = 0, blocks = 0] = (await ssh(room)).split(' ').map(Number);
      const kept = Math.floor(Math.min((size * blocks) / 50, 4096 * 4096) / 1024) + kibibytes;
      await ssh(`rm -f /filler; sync; set -- $(${room})
dd if=/dev/zero of=/filler bs=1024 count=$(($1 * $2 / 1024 - ${kept})) 2>/dev/null; sync`);
    };
    await leave(200);
    const refused = await deploy('large');
    t.is(refused.exitCode, 6, refused.stderr);
    t.regex(refused.stderr, /OVL656\][\s\S]*that is \d+ too few[\s\S]*nothing was changed/);
    t.is(await ssh(releases), 'none');
    await leave(1024);
    const ran = await deploy('large');
    t.is(ran.exitCode, 0, ran.stderr);
    t.regex(
      await ssh('readlink /sbin/overlay_init'),
      /^\/etc\/overlaykit\/releases\/[0-9a-f]{16}\/overlay_init$/,
    );
  });

  for (const [about, otherwise, expected] of lies) {
    testOnServer(
      `${kind}: a board that lies about digests ${about} is found out before the switch`,
      async (t) => {
        const lie = `#!/bin/sh\n[ $# -eq 0 ] || ${otherwise}\necho "${'0'.repeat(64)}  -"\n`;
        const full = { path: '/bin/busybox-full', content: await readFile(requireTool('busybox')) };
        const liar = [file('/bin/sha256sum', lie, 0o755), file(full.path, full.content, 0o755)];
        const { deploy, ssh } = await poorBoard(t, kind, ['sha256sum'], liar);
        const ran = await deploy('small', '--json');
        t.is(ran.exitCode, 7, ran.stderr);
        const [problem] = JSON.parse(ran.stdout).problems;
        t.like(problem, { code: 'OVL700', boardState: 'unchanged' });
        t.regex(problem.because, expected);
        t.is(
          await ssh('ls /sbin/overlay_init 2>/dev/null || echo absent'),
          'absent',
          'what boots is as it was',
        );
        t.notRegex(await ssh('cat /boot/extlinux/extlinux.conf'), /overlay_init/);
      },
    );
  }
}
