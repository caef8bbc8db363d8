/**
 * Real SSH servers on loopback. Each runs in a mount and process namespace of its own, with its own /etc/passwd, home and
 * host keys: nothing of the machine's accounts is used, and killing the namespace ends every session with it.
 */
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { busyboxProgram } from '../../src/lab/roots/busybox-program.ts';
import { requireTool } from '../../src/system/tools.ts';
import { freePort } from './free-port.ts';

export interface SshServer {
  readonly port: number;
  /** Folder that holds all of it; `home` in it is every user's home. */
  readonly folder: string;
  /** Private key that authorized_keys has. */
  readonly identity: string;
  /** Lines of known_hosts with all the host keys. */
  readonly knownHosts: string;
  /** Of the program that holds the server's namespaces; the server is its only child. */
  readonly pid: number;
  /** Where the server's own words are. */
  readonly log: () => string;
  readonly stop: () => Promise<void>;
}

export interface ServerOptions {
  readonly kind: 'dropbear' | 'openssh';
  readonly words?: readonly string[];
  /** Added to the server's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Types of host keys, best first. */
  readonly hostKeys?: readonly string[];
  /** Applets that the busybox of the user "board" lacks. */
  readonly without?: readonly string[];
  /** A port that was used before: a board after its reboot. */
  readonly port?: number;
  /** An ext4 image that the root of the user "board" is, with /small and /readonly in it; it is copied. */
  readonly rootImage?: string;
  /** The folder of an earlier server: the same keys and homes. */
  readonly folder?: string;
  /** Where its folder is made; the system's folder for temporary files by default. */
  readonly under?: string;
}

/** The password of root and board; "empty" has none. */
export const password = 'correct horse';
const hash =
  '$6$overlaykit$PlNgSuRDMhFeMjMKO870bRwoEkz26FDjvmAjPSTyOEzlK7ioK2N.TlLGHBWqz6FlWXEPo53CoJoo6jOaz91r30';

const entrance = [
  'cd "$1" && shift',
  'for f in passwd shadow shells; do mount --bind "$f" "/etc/$f" || exit 1; done',
  '[ ! -e root.img ] || mount -t ext4 -o loop root.img root || exit 1',
  'mount -t tmpfs -o size=512k tmpfs root/small && mount --bind root/readonly root/readonly || exit 1',
  'mount -o remount,ro,bind root/readonly || exit 1',
  'mount -t proc proc root/proc && mount --bind /dev root/dev || exit 1',
  'mount -t tmpfs tmpfs /run && mkdir -p /run/sshd && exec "$@"',
].join('\n');

export async function startServer(options: ServerOptions): Promise<SshServer> {
  const folder = options.folder ?? (await mkdtemp(join(options.under ?? tmpdir(), 'ovl-ssh-')));
  const types = options.hostKeys ?? ['ed25519'];
  if (options.folder === undefined) await furnish(folder, options, types);
  const port = options.port ?? (await freePort());
  const child = execa(
    requireTool('unshare'),
    [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--propagation',
      'private',
      'sh',
      '-c',
      entrance,
      'sh',
      folder,
      ...program(options, folder, types, port),
    ],
    { reject: false, stdin: 'ignore', buffer: false, all: true, env: options.env ?? {} },
  );
  let said = '';
  child.all.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await listening(
    port,
    () => child.exitCode !== null && child.exitCode !== undefined,
    () => said,
  );
  const knownHosts = await Promise.all(types.map(async (type) => publicKey(folder, type)));
  return {
    port,
    folder,
    pid: child.pid ?? 0,
    identity: join(folder, 'id'),
    knownHosts: knownHosts.map((key) => `[127.0.0.1]:${port} ${key}\n`).join(''),
    log: () => said,
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
}

async function furnish(folder: string, options: ServerOptions, types: readonly string[]): Promise<void> {
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await chmod(home, 0o755);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, 'id')]);
  await cp(join(folder, 'id.pub'), join(home, '.ssh', 'authorized_keys'));
  for (const type of types) {
    const file = join(folder, `host_${type}`);
    await (options.kind === 'openssh'
      ? execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file])
      : execa('dropbearkey', ['-t', type, '-f', file]));
  }
  const shell = join(folder, 'board-shell');
  const users = ['root:x:0:0:', 'board:x:0:0:', 'empty:x:0:0:'];
  const lines = users.map((user) => `${user}:${home}:${user.startsWith('board') ? shell : '/bin/sh'}\n`);
  await writeFile(join(folder, 'passwd'), `${lines.join('')}sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n`);
  await writeFile(
    join(folder, 'shadow'),
    `root:${hash}:19000::::::\nboard:${hash}:19000::::::\nempty::19000::::::\nsshd:!:19000::::::\n`,
    { mode: 0o600 },
  );
  await writeFile(join(folder, 'shells'), `/bin/sh\n${shell}\n`);
  await boardRoot(folder, shell, options.without ?? []);
  if (options.rootImage !== undefined) await cp(options.rootImage, join(folder, 'root.img'));
  await writeFile(join(folder, 'sshd_config'), sshdConfig(folder, types));
}

/** A root with one busybox in it, a small tmpfs and a read-only file system, and a shell that goes there. */
async function boardRoot(folder: string, shell: string, without: readonly string[]): Promise<void> {
  const root = join(folder, 'root');
  for (const name of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'tmp', 'proc', 'dev', 'small', 'readonly'])
    await mkdir(join(root, name), { recursive: true });
  for (const entry of await busyboxProgram(without)) {
    const path = join(root, entry.path);
    if (entry.kind === 'file') await writeFile(path, entry.content, { mode: entry.mode });
    else if (entry.kind === 'symlink') await symlink(entry.target, path);
  }
  await writeFile(shell, `#!/bin/sh\nexec chroot ${folder}/root /bin/sh "$@"\n`, { mode: 0o755 });
}

function sshdConfig(folder: string, types: readonly string[]): string {
  return [
    ...types.map((type) => `HostKey ${folder}/host_${type}`),
    'PermitRootLogin yes',
    'PermitEmptyPasswords yes',
    'UsePAM no',
    'StrictModes no',
    'PidFile none',
    'PrintMotd no',
    'Subsystem sftp /bin/false',
    '',
  ].join('\n');
}

function program(
  { kind, words = [] }: ServerOptions,
  folder: string,
  types: readonly string[],
  port: number,
): readonly string[] {
  if (kind === 'openssh')
    return [
      requireTool('sshd'),
      '-D',
      '-e',
      '-f',
      join(folder, 'sshd_config'),
      '-o',
      `ListenAddress=127.0.0.1:${port}`,
      ...words,
    ];
  return [
    requireTool('dropbear'),
    '-F',
    '-E',
    '-m',
    '-p',
    `127.0.0.1:${port}`,
    ...types.flatMap((type) => ['-r', join(folder, `host_${type}`)]),
    ...words,
  ];
}

async function publicKey(folder: string, type: string): Promise<string> {
  const file = join(folder, `host_${type}`);
  const isDropbear = !(await readFile(file, 'latin1')).startsWith('-----BEGIN');
  const text = isDropbear
    ? (await execa('dropbearkey', ['-y', '-f', file])).stdout
    : await readFile(`${file}.pub`, 'utf8');
  const line = text.split('\n').find((one) => /^(?:ssh|ecdsa)-/.test(one)) ?? '';
  return line.split(' ').slice(0, 2).join(' ');
}

async function listening(port: number, isOver: () => boolean, log: () => string): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    if (isOver()) break;
    await sleep(25);
  }
  throw new Error(`the server did not start: ${log()}`);
}

export async function removeServer(server: SshServer): Promise<void> {
  await server.stop();
  await rm(server.folder, { recursive: true, force: true });
}
