/** Who asks for a factory reset: a variable of U-Boot and a button, in three shells; once for each time they ask. */
import test, { type ExecutionContext } from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import {
  ShellBoard,
  type ShellBoardFiles,
  type ShellBoot,
  type ShellName,
  shells,
} from '../support/shell-board.ts';

const mtd = 'mtd1: 01000000 00010000 "storage"\n';
const variable = 'the variable overlaykit of U-Boot';

/** fw_printenv and fw_setenv on a file of the storage's side, which outlives boots; `stuck` makes it read-only. */
const environment = {
  fw_printenv: `
[ "$1 $2 $3 $4" = "-l /run -n overlaykit" ] || { echo "wrong words: $*" >&2; exit 9; }
[ ! -e /overlay/env-broken ] || { echo "Cannot read environment, using default" >&2; exit 1; }
[ -e /overlay/env ] || { echo '## Error: "overlaykit" not defined' >&2; exit 1; }
$bb cat /overlay/env`,
  fw_setenv: `
[ "$*" = "-l /run overlaykit" ] || { echo "wrong words: $*" >&2; exit 9; }
[ ! -e /overlay/env-stuck ] || { echo "Read-only" >&2; exit 1; }
$bb rm -f /overlay/env`,
};

async function make(
  t: ExecutionContext,
  shell: ShellName,
  reset: Readonly<Record<string, unknown>>,
  more: Partial<ShellBoardFiles> = {},
) {
  const text = boardText({
    helper: { enabled: false },
    generations: { confirm: 'command', attempts: 99 },
    reset,
  });
  const { script, applets } = await renderBoard(text);
  const files: ShellBoardFiles = { overlayInit: script, applets, mtd, ...more };
  const board = await ShellBoard.make(t, shell, files);
  const boot = async (change: Partial<ShellBoardFiles> = {}, failAt = 0): Promise<ShellBoot> => {
    const done = await board.boot({ ...files, ...change }, failAt, { keepStorage: true });
    if (failAt === 0) t.is(done.status?.rung, 'persistent', done.console);
    return done;
  };
  return { boot, remove: (path: string) => board.remove(path) };
}

const uboot = { uboot_env: { name: 'overlaykit', value: 'reset', options: ['-l', '/run'] } };

for (const shell of shells) {
  test.serial(
    `${shell}: a variable of U-Boot asks once, and is cleared after the state is durable`,
    async (t) => {
      const { boot } = await make(t, shell, uboot, { programs: environment });
      t.like((await boot()).status, { generation: '1', reset: '', notes: [] });
      t.like((await boot({ storage: { '/overlay/env': 'other\n' } })).status, { generation: '1', reset: '' });
      const asked = await boot({ storage: { '/overlay/env': 'reset\n' } });
      t.like(asked.status, { generation: '2', reset: variable, notes: [] }, asked.console);
      const names = asked.calls.map(([name]) => name);
      t.true(names.indexOf('sync') < names.indexOf('fw_setenv'), 'durable first');
      t.false('reset.env' in asked.state);
      const after = await boot();
      t.like(after.status, { generation: '2', reset: '' });
      t.false(after.calls.some(([name]) => name === 'fw_setenv'));
    },
  );

  test.serial(
    `${shell}: a variable that cannot be cleared resets once, and says so until it changes`,
    async (t) => {
      const { boot, remove } = await make(t, shell, uboot, { programs: environment });
      const stuck = { '/overlay/env': 'reset\n', '/overlay/env-stuck': '' };
      const first = await boot({ storage: stuck });
      t.like(first.status, { generation: '2' });
      t.is(first.status?.reset, variable);
      t.deepEqual(first.status?.notes, [
        `${variable} cannot be cleared; it asks for nothing until it was changed`,
      ]);
      const second = await boot();
      t.like(second.status, { generation: '2', reset: '' }, second.console);
      t.regex(second.status?.notes[0] ?? '', /still asks for the factory reset that was done/);
      await remove('overlay/env-stuck');
      const cleared = await boot();
      t.like(cleared.status, { generation: '2', reset: '' });
      t.false('reset.env' in cleared.state);
      const again = await boot({ storage: { '/overlay/env': 'reset\n' } });
      t.like(again.status, { generation: '3', reset: variable, notes: [] }, 'a new request is one');
    },
  );

  test.serial(`${shell}: an environment that cannot be read is said, and asks for nothing`, async (t) => {
    const { boot } = await make(t, shell, uboot, { programs: environment });
    const { status } = await boot({ storage: { '/overlay/env-broken': '' } });
    t.like(status, { generation: '1', reset: '' });
    t.deepEqual(status?.notes, [
      "U-Boot's environment cannot be read: Cannot read environment, using default",
    ]);
  });

  test.serial(
    `${shell}: whichever call of such a reset fails, the board boots and resets no more than it was asked`,
    async (t) => {
      const { boot, remove } = await make(t, shell, uboot, { programs: environment });
      const storage = { '/overlay/env': 'reset\n' };
      const { calls } = await boot({ storage });
      for (let n = 1; n <= calls.length; n++) {
        if (!['fw_printenv', 'fw_setenv', 'sync', 'rm'].includes(calls[n - 1]?.[0] ?? '')) continue;
        await remove('overlay/overlaykit');
        await remove('overlay/generations');
        const failed = await boot({ storage }, n);
        await boot();
        const last = await boot();
        t.is(last.status?.reset, '', `call ${n} failed: ${failed.console}`);
      }
    },
  );

  const pressed = (value: string) => ({
    '/sys/class/gpio/gpio17/value': `${value}\n`,
    '/sys/class/gpio/gpiochip16/label': 'soc.gpio\n',
    '/sys/class/gpio/gpiochip16/base': '16\n',
    '/sys/class/gpio/gpiochip0/label': 'other\n',
    '/sys/class/gpio/gpiochip0/base': '0\n',
  });
  for (const [how, gpio] of [
    ['number', { number: 17 }],
    ['chip label', { chip: 'soc.gpio', line: 1 }],
  ] as const) {
    test.serial(`${shell}: a button by ${how} asks once, until it was seen released`, async (t) => {
      const { boot } = await make(t, shell, { gpio: { ...gpio, hold: '1s' } });
      const up = await boot({ sys: pressed('1') });
      t.like(up.status, { generation: '1', reset: '', notes: [] });
      t.false(
        up.calls.some(([name]) => name === 'sleep'),
        'nothing is waited for',
      );
      const down = await boot({ sys: pressed('0') });
      t.like(down.status, { generation: '2', reset: 'the reset button', notes: [] }, down.console);
      for (const _ of [1, 2]) {
        const stuck = await boot({ sys: pressed('0') });
        t.like(stuck.status, { generation: '2', reset: '' });
        t.regex(stuck.status?.notes[0] ?? '', /is it stuck\?/);
      }
      t.like((await boot({ sys: pressed('1') })).status, { generation: '2', notes: [] });
      t.like((await boot({ sys: pressed('0') })).status, { generation: '3', reset: 'the reset button' });
    });
  }

  test.serial(
    `${shell}: a button that is released too soon, or cannot be read, asks for nothing`,
    async (t) => {
      const slow = { programs: { sleep: '\n$bb echo 1 >/sys/class/gpio/gpio17/value\n' } };
      const { boot } = await make(t, shell, { gpio: { number: 17, hold: '1s' } }, slow);
      const soon = await boot({ sys: pressed('0') });
      t.like(soon.status, { generation: '1', reset: '', notes: [] });
      t.regex(soon.console, /the reset button was released too soon; nothing is reset/);
      const none = await boot();
      t.like(none.status, { generation: '1', reset: '' });
      t.deepEqual(none.status?.notes, [
        'the reset button cannot be read: there is no /sys/class/gpio (CONFIG_GPIO_SYSFS)',
      ]);
      const dead = await boot({ sys: { '/sys/class/gpio/export': '' } });
      t.regex(dead.status?.notes[0] ?? '', /exporting GPIO 17 gave no \/sys\/class\/gpio\/gpio17\/value/);
    },
  );

  test.serial(`${shell}: gpioget of both versions is given the words it knows`, async (t) => {
    for (const [gpioget, words] of [
      ['v1', ['gpiochip0', '5']],
      ['v2', ['--numeric', '-c', 'gpiochip0', '5']],
    ] as const) {
      const gpio = { chip: 'gpiochip0', line: 5, active: 'high', hold: '0s', gpioget };
      const programs = { gpioget: '\n$bb cat /overlay/level\n' };
      const { boot } = await make(t, shell, { gpio }, { programs });
      const up = await boot({ storage: { '/overlay/level': '0\n' } });
      t.deepEqual(up.calls.find(([name]) => name === 'gpioget')?.slice(1), words);
      t.like(up.status, { generation: '1', reset: '' });
      t.like((await boot({ storage: { '/overlay/level': '1\n' } })).status, { generation: '2' });
    }
  });
}
