/** A board's identity through resets, tries and rollbacks, and the requests of a real U-Boot environment: on a real ext4. */
import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { file } from '../../src/lab/roots/root-file.ts';
import { requireTool } from '../../src/system/tools.ts';
import { testWith } from '../support/needs.ts';
import {
  changedBoard,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

const needed = [
  ...(['unshare', 'nsenter', 'losetup', 'script', 'mksquashfs', 'sqfstar', 'busybox'] as const),
  ...(['mkfs.ext4', 'musl-gcc', 'fw_printenv'] as const),
] as const;
const sandbox = testWith(...needed);

async function board(
  more: string,
  withoutHelper: boolean,
  files: readonly ReturnType<typeof file>[] = [],
): Promise<Ready> {
  const text = await changedBoard('lab-ext4', [
    'stat, switch_root',
    'md5sum, fw_printenv, fw_setenv, stat, switch_root',
  ]);
  return ready(await textFile(`${text}\n${more}\n`), { withoutHelper, root: { files } });
}

for (const withoutHelper of [false, true]) {
  const title = withoutHelper ? 'by the shell alone' : 'with the helper';
  sandbox(
    `${title}: a board keeps its identity through a reset, a try and its end, and makes new what is to be new`,
    async (t) => {
      t.timeout(180_000);
      const identity = `identity:
  - { path: /etc/dropbear, policy: keep }
  - { path: /etc/machine-id, policy: new }
  - { path: /etc/ssl/device.crt, policy: provisioned }
`;
      const confirmed = await board(
        `${identity}generations: { attempts: 9, confirm_after: 1s }`,
        withoutHelper,
      );
      const unconfirmed = await board(
        `${identity}generations: { attempts: 9, confirm: command }`,
        withoutHelper,
      );
      const request = { machine: 'sandbox', storageImage: await storageImage() } as const;
      const stored = 'cat /overlay/overlaykit/identity/*/root/etc/dropbear/key 2>/dev/null || true';

      await withBoot(t, confirmed, request, async (boot) => {
        t.deepEqual((await status(boot)).notes, ['not provisioned: /etc/ssl/device.crt']);
        t.regex(await output(boot, 'cat /run/overlaykit/login'), /not provisioned: \/etc\/ssl\/device\.crt/);
        await output(
          boot,
          'umask 077; mkdir -p /etc/dropbear; echo rsa >/etc/dropbear/key; echo first >/etc/machine-id; sync',
        );
      });
      await withBoot(t, confirmed, request, async (boot) => {
        await eventually(t, async () => (await output(boot, stored)) === 'rsa');
        t.is(await output(boot, 'stat -c %a /overlay/overlaykit/identity'), '700');
        if (!withoutHelper) {
          await output(
            boot,
            'mkdir -p /etc/ssl; echo cert >/etc/ssl/device.crt; overlay_helper provision /etc/ssl/device.crt',
          );
          t.is((await boot.run('overlay_helper status | grep -c "not provisioned"')).output.trim(), '0');
        }
        await output(boot, 'touch /overlay/overlaykit/reset; sync');
      });
      const kept = `cat /etc/dropbear/key; stat -c %a /etc/dropbear /etc/dropbear/key; cat /etc/machine-id /etc/ssl/device.crt 2>/dev/null || true`;
      const expected = `rsa\n700\n600${withoutHelper ? '' : '\ncert'}`;
      await withBoot(t, unconfirmed, request, async (boot) => {
        t.like(await status(boot), {
          generation: '2',
          notes: withoutHelper ? ['not provisioned: /etc/ssl/device.crt'] : [],
        });
        t.is(await output(boot, kept), expected, 'after a reset');
        await output(boot, 'echo spoilt >/etc/dropbear/key; sync');
        await setTimeout(1500);
        t.is(await output(boot, stored), 'rsa', 'a boot that nobody confirms stores nothing');
        // A generation to go to that knows nothing, as a snapshot of long ago.
        await output(
          boot,
          'mkdir -p /overlay/generations/3/upper/etc/dropbear /overlay/generations/3/work; echo old >/overlay/generations/3/upper/etc/dropbear/key; echo x >/overlay/generations/3/name; touch /overlay/overlaykit/reset; sync',
        );
      });
      await withBoot(t, confirmed, request, async (boot) => {
        t.like(await status(boot), { rung: 'persistent', generation: '3' });
        t.is(await output(boot, kept), expected, 'after another reset');
        await output(boot, 'echo renewed >/etc/dropbear/key; sync');
        await eventually(t, async () => (await output(boot, stored)) === 'renewed');
        await output(boot, 'echo x >/overlay/overlaykit/identity.generation; rm /etc/dropbear/key; sync');
      });
      await withBoot(t, confirmed, { ...request, cmdline: ['overlaykit=tmpfs'] }, async (boot) => {
        t.deepEqual((await status(boot)).notes, [
          'rung tmpfs does not use the storage, and not the identity on it either',
        ]);
      });
      await withBoot(t, confirmed, request, async (boot) => {
        t.is(await output(boot, 'cat /etc/dropbear/key'), 'renewed', 'a mark that was cut short is no mark');
        const before = await output(boot, 'ls /overlay/overlaykit/identity');
        await setTimeout(2500);
        t.is(await output(boot, 'ls /overlay/overlaykit/identity'), before, 'no change, nothing written');
      });
    },
  );
}

sandbox('a real U-Boot environment asks for one reset, cleared by fw_setenv', async (t) => {
  t.timeout(120_000);
  const uboot = await board(
    'helper: { enabled: false }\nreset: { uboot_env: { name: overlaykit, value: reset } }\ngenerations: { attempts: 9, confirm: command }',
    true,
    [
      ...programs('fw_printenv', 'fw_setenv'),
      file('/etc/fw_env.config', '/overlay/uboot.env 0x0 0x1000\n'),
      file('/var/lock/.keep', ''),
    ],
  );
  const request = { machine: 'sandbox', storageImage: await storageImage() } as const;
  await withBoot(t, uboot, request, async (boot) => {
    const { notes, reset } = await status(boot);
    t.is(reset, '');
    t.regex(notes[0] ?? '', /^U-Boot's environment cannot be read: /);
    await output(
      boot,
      "printf 'bootdelay=3\\n' >/tmp/default; head -c 4096 /dev/zero >/overlay/uboot.env; fw_setenv -f /tmp/default overlaykit reset && sync",
    );
    t.is(await output(boot, 'fw_printenv -n overlaykit'), 'reset');
    await output(boot, 'echo mine >/etc/hostname; sync');
  });
  await withBoot(t, uboot, request, async (boot) => {
    t.like(await status(boot), { generation: '2', reset: 'the variable overlaykit of U-Boot', notes: [] });
    t.is(await output(boot, 'cat /etc/hostname'), 'factory');
    t.is(await output(boot, 'fw_printenv -n overlaykit'), '');
    t.is(await output(boot, 'fw_printenv -n bootdelay'), '3');
    await output(boot, 'echo mine >/etc/hostname; sync');
  });
  await withBoot(t, uboot, request, async (boot) => {
    t.like(await status(boot), { generation: '2', reset: '', notes: [] });
    t.is(await output(boot, 'cat /etc/hostname'), 'mine');
  });
});

async function eventually(t: ExecutionContext, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds()) return;
    await setTimeout(100);
  }
  t.fail('not within ten seconds');
}

/** Programs of this machine with the libraries they need, for the root. */
function programs(...names: readonly ('fw_printenv' | 'fw_setenv')[]) {
  const found = names.map((name) => ({
    name,
    path: join(dirname(realpathSync(requireTool('fw_printenv'))), name),
  }));
  const libraries = execFileSync('ldd', [found[0]?.path ?? ''], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  return [
    ...found.map(({ name, path }) => file(`/usr/bin/${name}`, readFileSync(path), 0o755)),
    ...libraries.map((path) => file(path, readFileSync(path), 0o755)),
  ];
}
