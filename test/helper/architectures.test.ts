/**
 * The helper of every architecture: the same list for all, and the same answers, run by an emulator of the processor. What
 * differs between them is what can go wrong there: byte order, word size, errno numbers, structures of the kernel, doubles.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { helperArchitectures } from '../../src/board/schema.ts';
import { stateLine } from '../../src/shared/state.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { type Architecture, targets } from '../../src/toolchain/targets.ts';
import { emulators } from '../support/emulators.ts';
import { inNamespace } from '../support/helper-namespace.ts';
import { helperPlan } from '../support/helper-plan.ts';
import { testAsRoot } from '../support/needs.ts';
import { onRunningBoard, usualStatus } from '../support/running-board.ts';

const architectures = Object.keys(targets) as Architecture[];
const built = new Map<Architecture, string>();

test.before(async (t) => {
  t.timeout(900_000);
  for (const arch of architectures) {
    const helper = await buildHelper({ arch });
    built.set(arch, helper.path);
    const { stdout } = await execa('xz', ['-9e', '--stdout', helper.path], { encoding: 'buffer' });
    t.log(`${arch}: ${helper.bytes} bytes, ${stdout.length} as xz`);
  }
});

const plan = JSON.stringify(helperPlan());
const words = (arch: Architecture): string => (emulators[arch] ?? []).join(' ');

/** What the verbs of the running board are asked, and what a boot asks that goes wrong. */
const questions = `h version
h
h nonsense
h status; h status --json
h snapshot first; h list; h list --json
h try first; h state; h try first; h confirm; h rollback 3; h rollback nobody; h name 9 x
echo noise >/overlay/overlaykit/state.b; h state; h snapshot; h list
h drop first; h drop 1; h list; h reset --dry-run; h reset /etc/passwd; h reset; h reset extra words; h sweep
ls -A /overlay/generations /overlay/overlaykit; cat /overlay/generations/*/upper/file /overlay/overlaykit/state.?
h verify; h verify /nothing persistent; h verify /plan persistent; h verify /noise persistent; h enter /plan persistent
h verify /newer persistent; h enter`;

const before = `echo changed >/overlay/generations/1/upper/file; ln -s file /overlay/generations/1/upper/link
head -c 300000 /dev/zero >/overlay/generations/1/upper/large; mkdir -m 1777 /overlay/generations/1/upper/tmp
echo '${plan}' >/plan; printf '{"schema": 1e400, "a": [0.1, -7e-3, "\\\\u00fc"' >/noise
echo '{"schema": "overlaykit.plan/9", "n": 123456789012345678901234567890}' >/newer`;

async function answers(arch: Architecture): Promise<string> {
  const { stdout, stderr } = await onRunningBoard({
    helper: built.get(arch) ?? '',
    storage: 'ext4',
    status: usualStatus,
    state: stateLine({ ...oneGeneration, seq: 1, next: 2 }),
    before,
    script: `exec 2>&1; h() { echo "> $*"; ${words(arch)} /helper "$@"; echo "= $?"; }\n${questions}`,
  });
  // What the storage has left, and when something was made, is another matter at each run.
  const said = `${stdout}${stderr}`.replace(/(free[a-zA-Z-]*"?: ?)\d+( of \d+)?/g, '$1N');
  // ext4 lists a directory in another order on each new file system.
  return said.replace(/(^goes .*\n)+/gm, (lines) => lines.split('\n').sort().join('\n'));
}

const oneGeneration = { active: 1, previous: undefined, trying: undefined, attempts: 0, reset: undefined };

let expected: Promise<string> | undefined;

for (const arch of architectures) {
  testAsRoot(`${arch}: every verb answers as on x86_64`, async (t) => {
    expected ??= answers('x86_64');
    const model = await expected;
    t.true(model.includes('> snapshot first\n'));
    t.notRegex(model, /no slot of the state is whole/);
    t.true(model.includes('= 0\n') && model.includes('= 1\n') && model.includes('= 2\n'), model);
    t.regex(model, /\/newer has another schema: overlaykit\.plan\/9/);
    t.notRegex(model, /qemu|Illegal|not found/);
    t.is(await answers(arch), model);
  });

  for (const how of ['pivot', 'chroot'] as const) {
    testAsRoot(`${arch}: enters by ${how} as PID 1 and executes init`, async (t) => {
      const [emulator = '', ...flags] = emulators[arch] ?? [];
      const { console, stderr } = await inNamespace({
        helper: built.get(arch) ?? '',
        plan: JSON.stringify(helperPlan({ how })),
        shape: emulator === '' ? ':' : `cp "$(command -v ${emulator})" emulator`,
        script: `exec ${emulator === '' ? '' : `/emulator ${flags.join(' ')}`} /sbin/overlay_helper enter /etc/overlaykit/plan.json persistent single`,
      });
      t.true(console.startsWith('I am /sbin/init pid 1 words 1 single\n'), console + stderr);
      t.regex(console, /^mount \/ - overlay overlay /m);
      t.regex(console, /^mount \/rom - /m);
    });
  }

  testAsRoot(`${arch}: as PID 1, gives back to overlay_init with the reason`, async (t) => {
    const [emulator = '', ...flags] = emulators[arch] ?? [];
    const { console, stderr } = await inNamespace({
      helper: built.get(arch) ?? '',
      plan,
      shape: `rm sbin/init; ${emulator === '' ? ':' : `cp "$(command -v ${emulator})" emulator`}`,
      script: `exec ${emulator === '' ? '' : `/emulator ${flags.join(' ')}`} /sbin/overlay_helper enter /etc/overlaykit/plan.json persistent single`,
    });
    t.true(console.includes('I am /sbin/overlay_init pid 1 words 1 single\n'), console + stderr);
    t.regex(
      console,
      /OVERLAYKIT_HELPER_FAILED=cannot execute \/sbin\/init in the merged root: execve ENOENT/,
    );
  });
}

test('the list is run for every architecture that board files know a helper for, one of them big-endian', (t) => {
  t.deepEqual(architectures.toSorted(), helperArchitectures.toSorted());
  t.true(architectures.some((arch) => targets[arch]?.elf.bigEndian));
  t.true(architectures.some((arch) => targets[arch]?.library === 'built-soft-float'));
  // Without an emulator this machine would run it, or not.
  for (const arch of architectures) t.is(words(arch) === '', arch === 'x86_64', arch);
});

test('doubles without an FPU are the ones of this processor, bit by bit', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-doubles-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'doubles');
  const checks = [
    '-Wall',
    '-Wextra',
    '-Werror',
    '-Wno-maybe-uninitialized',
    '-fsanitize=undefined',
    '-fno-sanitize-recover=all',
  ];
  const include = ['-I', join(packageRoot(), 'src/helper/soft-float')];
  await execa('gcc', [
    '-O1',
    ...checks,
    ...include,
    '-o',
    program,
    join(packageRoot(), 'test/support/doubles.c'),
  ]);
  t.is((await execa(program)).stdout, 'ok');
});
