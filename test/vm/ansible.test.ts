/** The Ansible collection over the network of a virtual board: three in the inventory, of which one is well. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { Playbooks, playOn } from '../support/ansible/playbook.ts';
import { deadBoard, task } from '../support/ansible/sandbox-board.ts';
import { boardCommands } from '../support/board-commands.ts';
import { testWith } from '../support/needs.ts';
import { ovl, ovlPath } from '../support/ovl.ts';
import { storageImage, vmTools, work } from '../support/shipped-boards.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { makeWritableRoot, readLoader, writableBoardText } from '../support/writable-board.ts';

const ansibleVm = testWith('ansible-playbook', 'mkfs.ext4', 'dropbear', ...vmTools);

ansibleVm(
  'a play deploys to a virtual board, restarts it, and goes on without the boards that fail',
  async (t) => {
    const keys = await sshKeys();
    const folder = await mkdtemp(join(work, 'ansible-'));
    const file = join(folder, 'pole.yaml');
    const storage = { type: 'ext4', find: { path: '/dev/vdb' }, size: '16MiB' };
    await writeFile(file, writableBoardText({ helper: {}, storage }));
    const built = await ovl(['build', file, '-o', 'out'], { cwd: folder });
    t.is(built.exitCode, 0, built.stderr);
    const rootImage = join(folder, 'root.img');
    await makeWritableRoot(rootImage, { root: { files: keys.rootFiles } });
    const books = await Playbooks.make();
    const board = await RebootingBoard.start(
      {
        board: unwrap(await prepareBoard(file)).checked.board,
        rootImage,
        rootWritable: true,
        machine: 'qemu',
        storageImage: await storageImage(),
      },
      async () => {
        const { init, words } = await readLoader(rootImage);
        return { init, cmdline: words.filter((word) => !word.startsWith('init=')) };
      },
    );
    try {
      const commands = await boardCommands(t, board, keys);
      const ssh_config = join(commands.folder, 'config');
      const well = { ansible_host: '127.0.0.1', ansible_port: board.port, ansible_user: 'root' };
      const other = { ...well, board_host_key: `SHA256:${'A'.repeat(43)}` };
      const inventory = { pole1: well, pole2: deadBoard, pole3: other };
      const defaults = { executable: ovlPath, ssh_config, host_key: '{{ board_host_key | default(omit) }}' };
      const deploy = { bundle: join(folder, 'out', 'bundle.tar') };
      const tasks = [
        task('look', 'deploy', deploy, { check_mode: true }),
        task('stage', 'deploy', { ...deploy, reboot: false }),
        task('boot', 'restart'),
        // The helper gets its name with the confirmation; that it was asked for before must not hide it then.
        task('between', 'status'),
        task('deploy', 'deploy', deploy),
        task('again', 'deploy', deploy),
        task('facts', 'status'),
        task('snapshot', 'snapshot', { name: 'fresh' }),
        task('back', 'rollback', { to: 'fresh' }),
        task('restart', 'restart'),
        task('confirm', 'confirm'),
        task('after', 'status'),
      ];
      const play = playOn('all', tasks, {
        module_defaults: { 'group/overlaykit.board.boards': defaults },
      });
      const played = await books.play(inventory, [play]);
      t.is(played.exitCode, 2, played.said);

      const failed = played.results.filter(({ outcome }) => outcome === 'failed');
      t.deepEqual(
        failed.map(({ host, task: at }) => `${host} ${at}`).toSorted(),
        ['pole2 look', 'pole3 look'],
        played.said,
      );
      t.like(played.one('look', 'pole2').result, { code: 'OVL504', board_state: 'unchanged' });
      t.like(played.one('look', 'pole3').result, { code: 'OVL513', board_state: 'unchanged' });

      const of = (name: string): Readonly<Record<string, unknown>> => played.one(name, 'pole1').result;
      t.like(of('look'), { changed: true, outcome: null });
      t.like(of('stage'), { changed: true, outcome: 'waiting' });
      t.like(of('between'), { status: { rung: 'persistent', helper: false } });
      t.like(of('deploy'), { changed: true, outcome: 'confirmed' });
      t.like(of('again'), { changed: false, outcome: 'nothing' });
      t.like(of('facts'), { status: { rung: 'persistent', generation: 1, well: true } });
      t.like(of('back'), { changed: true });
      t.like(of('after'), { status: { rung: 'persistent', generation: 2, confirmed: true } });
      t.is(board.boots.length, 3);
      t.regex(await commands.ssh('cat /run/overlaykit/status.json'), new RegExp(`"${of('deploy').release}"`));
    } catch (error) {
      for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
      throw error;
    } finally {
      await board.stop();
      await books.remove();
    }
  },
);
