/** A task that is delegated: ovl runs on a host between, by a real login; the bundle goes there, and nothing stays. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { directory } from '../../src/lab/roots/root-file.ts';
import { Playbooks, playOn } from '../support/ansible/playbook.ts';
import { testAsRoot, testWith } from '../support/needs.ts';
import { ovl, ovlPath } from '../support/ovl.ts';
import { ownSsh, serverFor } from '../support/ssh-client.ts';
import { makeWritableRoot, writableBoardText } from '../support/writable-board.ts';

const nodeTest =
  process.getuid?.() === 0
    ? testWith('ansible-playbook', 'sshd', 'ssh', 'ssh-keygen', 'busybox', 'unshare', 'mkfs.ext4')
    : testAsRoot;

nodeTest(
  'a deployment from a gateway: its own ovl, keys and settings, and the bundle of the playbook',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-test-node-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'pole.yaml'), writableBoardText());
    const built = await ovl(['build', 'pole.yaml', '-o', 'out'], { cwd: folder });
    t.is(built.exitCode, 0, built.stderr);
    const rootImage = join(folder, 'root.img');
    await makeWritableRoot(rootImage, { root: { files: [directory('/small'), directory('/readonly')] } });
    // Its user root is the gateway, with the programs of this machine; its user board is a board.
    const server = await serverFor(t, { kind: 'openssh', rootImage });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });

    const books = await Playbooks.make();
    t.teardown(() => books.remove());
    const loopback = { ansible_host: '127.0.0.1', ansible_port: server.port };
    const inventory = {
      pole: { ...loopback, ansible_user: 'board', ansible_ssh_private_key_file: '/not/on/the/gateway' },
      gateway: {
        ...loopback,
        ansible_user: 'root',
        ansible_ssh_common_args: `-F ${configFile}`,
        ansible_python_interpreter: '/usr/bin/python3',
        ansible_remote_tmp: join(folder, 'remote'),
      },
    };
    const options = { executable: ovlPath, ssh_config: configFile };
    const task = (name: string, more: object) => ({
      name,
      delegate_to: 'gateway',
      'overlaykit.board.deploy': { ...options, bundle: 'bundle.tar', ...more },
    });
    const tasks = [
      { ...task('look', {}), check_mode: true, diff: true },
      task('deploy', { reboot: false }),
      task('again', { reboot: false }),
      { name: 'status', delegate_to: 'gateway', ignore_errors: true, 'overlaykit.board.status': options },
    ];
    const files = { 'bundle.tar': join(folder, 'out', 'bundle.tar') };
    const played = await books.play(inventory, [playOn('pole', tasks)], { files });
    t.is(played.exitCode, 0, played.said);

    const look = played.one('look', 'pole').result as { cmd: readonly string[]; diff: { after: string } };
    t.like(look, { changed: true, outcome: null });
    t.regex(look.diff.after, /^release [0-9a-f]{16}$/m);
    const [bundle = '', board] = look.cmd.slice(-2);
    t.true(bundle.startsWith(join(folder, 'remote')), 'it was copied to the gateway');
    t.false(existsSync(dirname(bundle)), 'and is gone');
    t.is(board, `board@127.0.0.1:${server.port}`);
    t.false(look.cmd.includes('--identity'), 'keys of the controller are not those of the gateway');

    t.like(played.one('deploy', 'pole').result, { changed: true, outcome: 'waiting' });
    t.like(played.one('again', 'pole').result, { changed: false, restart_needed: true });
    const status = played.one('status', 'pole');
    t.is(status.outcome, 'ignored');
    t.like(status.result, { code: 'OVL625', board_state: 'unchanged', rc: 6 });
  },
);
