/** Generations on a real ext4 and a real overlayfs, on this machine's kernel: counted, confirmed, tried, reset, swept. */
import { eventually, state, writeState } from '../support/board-state.ts';
import { sandbox, sandboxGiven, sandboxOwn } from '../support/sandbox-ext4.ts';
import {
  boardFile,
  changedBoard,
  equalsSimulation,
  exists,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

sandbox(
  'the mount table is the simulated one, by the helper and by the applets, by pivot_root and by chroot',
  async (t) => {
    for (const withoutHelper of [false, true]) {
      for (const how of ['pivot', 'chroot']) {
        const path = await textFile(`${await changedBoard('lab-ext4')}\nenter: { how: ${how} }\n`);
        const board = await ready(path, { withoutHelper });
        await withBoot(t, board, { machine: 'sandbox', storageImage: await storageImage() }, async (boot) => {
          equalsSimulation(
            t,
            board.prepared.plan,
            'persistent',
            await boot.mountTable(),
            sandboxGiven,
            sandboxOwn,
          );
          t.like(await status(boot), { rung: 'persistent', generation: '1' });
        });
      }
    }
    const board = await ready(boardFile('lab-tmpfs'));
    await withBoot(t, board, { machine: 'sandbox' }, async (boot) => {
      equalsSimulation(t, board.prepared.plan, 'tmpfs', await boot.mountTable(), sandboxGiven, sandboxOwn);
    });
  },
);

for (const how of ['pivot', 'chroot']) {
  sandbox(`${how}: counted, confirmed by time; tried, given up, set back; reset and swept`, async (t) => {
    t.timeout(120_000);
    const boardWith = async (confirm: string): Promise<Ready> => {
      const more = `enter: { how: ${how} }\ngenerations: { attempts: 2, ${confirm} }\nkeep: [/etc/kept/key]\n`;
      return ready(await textFile(`${await changedBoard('lab-ext4')}\n${more}`));
    };
    const board = await boardWith('confirm_after: 1s');
    // The same board on which nobody confirms: a boot of a busy machine may well last longer than a second.
    const unconfirmed = await boardWith('confirm: command');
    const request = { machine: 'sandbox', storageImage: await storageImage() } as const;

    await withBoot(t, board, request, async (boot) => {
      t.like(await state(boot), { active: 1, next: 2 });
      await output(
        boot,
        'echo one >/etc/hostname; mkdir -p /etc/kept; chmod 700 /etc/kept; echo key >/etc/kept/key; sync',
      );
      await eventually(t, async () => (await state(boot))?.attempts === 0);
      // What `overlay_helper snapshot` and `try` do, by hand.
      await output(
        boot,
        'mkdir -p /overlay/generations/2/work && cp -a /overlay/generations/1/upper /overlay/generations/2/ && echo two >/overlay/generations/2/upper/etc/hostname',
      );
      await writeState(boot, { trying: 2, next: 9 });
      await output(boot, 'mkdir -p /overlay/generations/7/upper /overlay/generations/8.partial; sync');
    });
    for (const attempt of [1, 2]) {
      await withBoot(t, unconfirmed, request, async (boot) => {
        t.is(await output(boot, 'cat /etc/hostname'), 'two');
        t.like(await state(boot), { active: 1, trying: 2, attempts: attempt });
        t.like(await status(boot), { generation: '2' });
      });
    }
    await withBoot(t, board, request, async (boot) => {
      t.is(await output(boot, 'cat /etc/hostname'), 'one');
      t.regex(boot.console, /generation 2 was tried and not confirmed in 2 boots; back to generation 1/);
      await eventually(t, async () => (await output(boot, 'ls /overlay/generations')) === '1\n2');
      await output(
        boot,
        'cd /etc && mkdir many && cd many && i=0 && while [ $i -lt 4000 ]; do echo $i >f$i; i=$((i+1)); done',
      );
      await output(boot, 'touch /overlay/overlaykit/reset && sync');
    });
    await withBoot(t, board, request, async (boot) => {
      t.is(
        await output(boot, 'cat /etc/hostname /etc/kept/key && stat -c %a /etc/kept'),
        'factory\nkey\n700',
      );
      t.false(await exists(boot, '/etc/many'));
      t.like(await state(boot), { active: 9, reset: 9, previous: undefined });
      await eventually(t, async () => (await output(boot, 'ls /overlay/generations')) === '9');
      t.regex(
        await output(boot, 'cat /overlay/overlaykit/boots/*'),
        /rung=persistent generation=9 stamps: 1=\d+\.\d+ .* reasons: \[\]/,
      );
    });
  });
}
