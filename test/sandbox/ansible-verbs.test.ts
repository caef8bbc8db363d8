/** The Ansible collection on one board, from a root without overlaykit to factory state: what changes, and what does not. */
import {
  ansibleSandbox,
  type SandboxBoards as Boards,
  bundle,
  SandboxBoards,
  task,
} from '../support/ansible/sandbox-board.ts';

ansibleSandbox('check mode, deploy, the same again, facts, snapshot, rollback, confirm, reset', async (t) => {
  const tar = await bundle('20MiB');
  await SandboxBoards.with(t, ['pole'], async (boards) => {
    const board = boards.board('pole');
    const play = async (
      tasks: readonly object[],
      words: readonly string[] = [],
    ): ReturnType<Boards['play']> => {
      const played = await boards.play(boards.inventory('pole'), tasks, {}, { words });
      t.is(played.exitCode, 0, played.said);
      return played;
    };

    const deploy = task('deploy', 'deploy', { bundle: tar, wait: '30s' });
    const looked = await play([deploy], ['--check', '--diff']);
    t.like(looked.one('deploy', 'pole').result, { changed: true, outcome: null, restart_needed: false });
    const { diff } = looked.one('deploy', 'pole').result as { diff: Record<'before' | 'after', string> };
    t.false(diff.before.includes('init=/sbin/overlay_init'));
    t.regex(diff.after, /^release [0-9a-f]{16}\nplan [0-9a-f]{64}\n[\s\S]*init=\/sbin\/overlay_init/);
    t.is(await boards.run('pole', 'ls /etc/overlaykit /sbin/overlay_init 2>/dev/null'), '');
    t.is(board.boots.length, 1, 'nothing was restarted');

    const done = await play([deploy, { ...deploy, name: 'again' }, task('facts', 'status')]);
    const first = done.one('deploy', 'pole').result;
    t.like(first, { changed: true, outcome: 'confirmed', restart_needed: false });
    t.deepEqual((first.steps as string[]).slice(-3), ['reboot', 'confirm', 'forget']);
    t.is(first.diff, undefined, 'a difference is for diff mode');
    t.like(done.one('again', 'pole').result, { changed: false, outcome: 'nothing', steps: [] });
    t.is(board.boots.length, 2);
    const { release } = first as { release: string };
    t.is(await boards.run('pole', 'cat /proc/mounts | grep -c "^overlay / "'), '1');
    t.true((await boards.run('pole', 'cat /run/overlaykit/status.json')).includes(release));
    const facts = {
      rung: 'persistent',
      generation: 1,
      confirmed: true,
      well: true,
      helper: true,
      board: 'pole',
    };
    t.like(done.one('facts', 'pole').result, {
      changed: false,
      ansible_facts: { overlaykit: facts },
      status: facts,
    });

    await boards.run('pole', 'echo mine >/etc/mine; echo other >/etc/hostname; sync');
    const snapshot = task('snapshot', 'snapshot', { name: 'before' });
    const kept = await play([
      task('room', 'usage'),
      { ...snapshot, name: 'would', check_mode: true },
      snapshot,
      { ...snapshot, name: 'again' },
    ]);
    const { usage } = kept.one('room', 'pole').result as { usage: { largest: { path: string }[] } };
    t.true(usage.largest.some(({ path }) => path.startsWith('/etc')));
    t.like(kept.one('would', 'pole').result, { changed: true });
    t.like(kept.one('snapshot', 'pole').result, { changed: true });
    t.like(kept.one('again', 'pole').result, { changed: false, generation: { number: 2, name: 'before' } });

    await boards.run('pole', 'echo later >/etc/mine; sync');
    const back = task('back', 'rollback', { to: 'before' });
    const rolled = await play([
      { ...back, name: 'would', check_mode: true },
      task('not yet', 'status'),
      back,
      { ...back, name: 'by number', 'overlaykit.board.rollback': { to: '2' } },
      task('without a name', 'rollback'),
      task('restart', 'restart', { wait: '30s' }),
      task('facts', 'status'),
      { ...task('would confirm', 'confirm'), check_mode: true },
      task('confirm', 'confirm'),
      task('confirm again', 'confirm'),
    ]);
    const changed = (name: string): unknown => rolled.one(name, 'pole').result.changed;
    t.true(changed('would'));
    t.like(rolled.one('not yet', 'pole').result, { status: { generation: 1, next_generation: 1 } });
    t.true(changed('back'));
    t.false(changed('by number'));
    t.false(changed('without a name'), 'it was asked for already, and is not taken back');
    t.is(board.boots.length, 3);
    t.like(rolled.one('facts', 'pole').result, { status: { generation: 2, confirmed: false } });
    t.deepEqual(
      [changed('would confirm'), changed('confirm'), changed('confirm again')],
      [true, true, false],
    );
    t.is(await boards.run('pole', 'cat /etc/mine'), 'mine');

    const path = { path: '/etc/hostname', sure: true };
    const one = await play(
      [
        task('would', 'reset', { path: '/etc/hostname' }, { check_mode: true }),
        task('reset', 'reset', path),
        task('would again', 'reset', { path: '/etc/hostname' }, { check_mode: true }),
        task('before the restart', 'reset', path),
        task('restart', 'restart', { wait: '30s' }),
        task('again', 'reset', path),
      ],
      ['--diff'],
    );
    t.like(one.one('would', 'pole').result, { changed: true });
    t.like(one.one('reset', 'pole').result, { changed: true });
    t.like(one.one('would again', 'pole').result, { changed: false });
    t.like(one.one('before the restart', 'pole').result, { changed: false });
    t.regex(
      (one.one('reset', 'pole').result.diff as { before: string }).before,
      /^\/etc\/hostname {2}\d+ bytes/m,
    );
    t.like(one.one('again', 'pole').result, { changed: false, goes: [] });
    t.is(await boards.run('pole', 'cat /etc/hostname /etc/mine'), 'factory\nmine');

    const all = await play([
      task('reset', 'reset', { sure: true }),
      task('again', 'reset', { sure: true }),
      task('restart', 'restart', { wait: '30s' }),
      task('facts', 'status'),
    ]);
    t.like(all.one('reset', 'pole').result, { changed: true });
    t.like(all.one('again', 'pole').result, { changed: false });
    t.is(await boards.run('pole', 'cat /etc/hostname; ls /etc/mine 2>/dev/null'), 'factory');
    const { status } = all.one('facts', 'pole').result as { status: { generation: number; rung: string } };
    t.is(status.rung, 'persistent');
    t.true(status.generation > 2);
    t.is(board.boots.length, 5);
  });
});
