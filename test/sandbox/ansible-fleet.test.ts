/** Rolling deployments with the Ansible collection: batches, boards that fail, boards that go back, a health check before confirming. */
import type { ExecutionContext } from 'ava';
import type { Inventory, Played } from '../support/ansible/playbook.ts';
import { ansibleSandbox, bundle, deadBoard, SandboxBoards, task } from '../support/ansible/sandbox-board.ts';

/** Releases of a board, but the one that is what it booted before overlaykit. */
async function releases(boards: SandboxBoards, name: string): Promise<readonly string[]> {
  const root = (await boards.run(name, 'ls -d /rom/etc 2>/dev/null')) === '' ? '' : '/rom';
  const text = await boards.run(name, `ls ${root}/etc/overlaykit/releases 2>/dev/null`);
  return text.split(/\s+/).filter((word) => word !== '' && word !== 'original');
}

function changed(played: Played, name: string, host: string): unknown {
  return played.one(name, host).result.changed;
}

function outcomes(played: Played, name: string): Readonly<Record<string, string>> {
  const found = played.results.filter((one) => one.task === name);
  return Object.fromEntries(found.map(({ host, outcome }) => [host, outcome]));
}

async function rolling(t: ExecutionContext, boards: SandboxBoards, three: Inventory): Promise<void> {
  const deploy = task('deploy', 'deploy', { bundle: await bundle('20MiB'), wait: '30s' });

  const stopped = await boards.play(three, [deploy], { serial: 1, max_fail_percentage: 0 });
  t.is(stopped.exitCode, 2, stopped.said);
  t.deepEqual(outcomes(stopped, 'deploy'), { pole1: 'ok', pole2: 'failed' });
  t.like(stopped.one('deploy', 'pole2').result, { code: 'OVL504', board_state: 'unchanged', changed: false });
  t.is((await releases(boards, 'pole1')).length, 1);
  t.deepEqual(await releases(boards, 'pole3'), [], 'the play stopped before it');

  const went = await boards.play(three, [deploy]);
  t.is(went.exitCode, 2, went.said);
  t.deepEqual(outcomes(went, 'deploy'), { pole1: 'ok', pole2: 'failed', pole3: 'ok' });
  t.deepEqual([changed(went, 'deploy', 'pole1'), changed(went, 'deploy', 'pole3')], [false, true]);
  t.deepEqual(await releases(boards, 'pole3'), await releases(boards, 'pole1'));
}

async function healthCheck(t: ExecutionContext, boards: SandboxBoards): Promise<void> {
  const options = { bundle: await bundle('24MiB'), wait: '30s' };
  const tasks = [
    task('stage', 'deploy', { ...options, reboot: false }),
    task('stage again', 'deploy', { ...options, reboot: false }),
    task('restart', 'restart', { wait: '30s' }),
    // Boards have no Python, and this module of Ansible's needs none.
    {
      name: 'health',
      'ansible.builtin.raw': 'test -e /etc/well || grep -q pole /run/overlaykit/status.json',
    },
    task('confirm', 'deploy', options),
    task('confirm again', 'deploy', options),
  ];
  // Ansible's own login; the boards of the sandbox have no terminals to give.
  const known = `-F ${boards.sshConfig}`;
  const one = Object.fromEntries(
    Object.entries(boards.inventory('pole1')).map(([name, variables]) => [
      name,
      { ...variables, ansible_ssh_common_args: known, ansible_ssh_use_tty: false },
    ]),
  );
  const before = await releases(boards, 'pole1');
  const played = await boards.play(one, tasks);
  t.is(played.exitCode, 0, played.said);
  const of = (name: string): Readonly<Record<string, unknown>> => played.one(name, 'pole1').result;
  t.like(of('stage'), { changed: true, outcome: 'waiting', restart_needed: true });
  t.like(of('stage again'), { changed: false, outcome: 'waiting', steps: [], restart_needed: true });
  t.like(of('confirm'), { changed: true, outcome: 'confirmed', steps: ['confirm', 'forget'] });
  t.like(of('confirm again'), { changed: false, outcome: 'nothing', restart_needed: false });

  const ill = await boards.play(one, [
    task('stage', 'deploy', { bundle: await bundle('28MiB'), reboot: false }),
    task('restart', 'restart', { wait: '30s' }),
    {
      block: [{ name: 'health', 'ansible.builtin.raw': 'exit 1' }],
      rescue: [task('back', 'restart', { wait: '30s' })],
    },
  ]);
  t.is(ill.exitCode, 0, ill.said);
  const running = JSON.parse(await boards.run('pole1', 'cat /run/overlaykit/status.json'));
  t.is(running.release, of('confirm').release, 'what was not confirmed has gone back');
  t.false(before.includes(running.release));
}

async function goesBack(t: ExecutionContext, boards: SandboxBoards): Promise<void> {
  const storage = { type: 'ext4', find: { path: '/dev/mmcblk0p9' }, wait: '0s' };
  const deploy = task('deploy', 'deploy', { bundle: await bundle('32MiB', { storage }), wait: '30s' });
  const before = await boards.run('pole3', 'cat /run/overlaykit/status.json');
  const played = await boards.play(boards.inventory('pole3'), [deploy]);
  t.is(played.exitCode, 2, played.said);
  const { result } = played.one('deploy', 'pole3');
  t.like(result, { code: 'OVL702', board_state: 'rolled back', changed: true, rc: 7 });
  t.regex(
    String(result.msg),
    /\nbecause: .*rung tmpfs[\s\S]*\nfix: [\s\S]*\nthe board was rolled back to what ran before$/,
  );
  t.is(await boards.run('pole3', 'cat /run/overlaykit/status.json'), before);
}

ansibleSandbox(
  'a failing board stops a rolling deployment or not, bad releases go back, health decides',
  async (t) => {
    await SandboxBoards.with(t, ['pole1', 'pole3'], async (boards) => {
      const { pole1 = {}, pole3 = {} } = boards.inventory('pole1', 'pole3');
      await rolling(t, boards, { pole1, pole2: deadBoard, pole3 });
      await healthCheck(t, boards);
      await goesBack(t, boards);
    });
  },
);
