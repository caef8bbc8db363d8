/** A board's identity through resets, tries and rollbacks, and the requests of a real U-Boot environment: on a real ext4. */
import { setTimeout } from 'node:timers/promises';
import type { RootFile } from '../../src/lab/roots/root-file.ts';
import { eventually, state, writeState } from '../support/board-state.ts';
import { testWith } from '../support/needs.ts';
import { sandboxTools } from '../support/sandbox-ext4.ts';
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
import { ubootEnvironment } from '../support/uboot-environment.ts';

const sandbox = testWith(...sandboxTools, 'fw_printenv');

async function board(more: string, withoutHelper: boolean, files: readonly RootFile[] = []): Promise<Ready> {
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
      const impatient = await board(
        `${identity}generations: { attempts: 1, confirm: command }`,
        withoutHelper,
      );
      const request = { machine: 'sandbox', storageImage: await storageImage() } as const;
      const stored = '/overlay/overlaykit/identity/*/root/etc/dropbear/key';

      await withBoot(t, confirmed, request, async (boot) => {
        t.deepEqual((await status(boot)).notes, ['not provisioned: /etc/ssl/device.crt']);
        t.regex(await output(boot, 'cat /run/overlaykit/login'), /not provisioned: \/etc\/ssl\/device\.crt/);
        await output(
          boot,
          'umask 077; mkdir -p /etc/dropbear; echo rsa >/etc/dropbear/key; echo first >/etc/machine-id; sync',
        );
      });
      await withBoot(t, confirmed, request, async (boot) => {
        await eventually(t, async () => (await boot.run(`cat ${stored}`)).output.trim() === 'rsa');
        t.is(await output(boot, 'stat -c %a /overlay/overlaykit/identity'), '700');
        if (!withoutHelper) {
          await output(
            boot,
            'mkdir -p /etc/ssl; echo cert >/etc/ssl/device.crt; overlay_helper provision /etc/ssl/device.crt',
          );
          t.is(
            (await boot.run('overlay_helper status | grep -c "^trouble: not provisioned"')).output.trim(),
            '0',
          );
        }
        await output(boot, 'touch /overlay/overlaykit/reset; sync');
      });
      const certificate = withoutHelper ? '[ ! -e /etc/ssl/device.crt ]' : 'cat /etc/ssl/device.crt';
      const kept = `cat /etc/dropbear/key && stat -c %a /etc/dropbear /etc/dropbear/key && [ ! -e /etc/machine-id ] && ${certificate}`;
      const expected = `rsa\n700\n600${withoutHelper ? '' : '\ncert'}`;
      await withBoot(t, unconfirmed, request, async (boot) => {
        t.like(await status(boot), {
          generation: '2',
          notes: withoutHelper ? ['not provisioned: /etc/ssl/device.crt'] : [],
        });
        t.is(await output(boot, kept), expected, 'after a reset');
        await output(boot, 'echo spoilt >/etc/dropbear/key; sync');
        await setTimeout(1500);
        t.is(await output(boot, `cat ${stored}`), 'rsa', 'a boot that nobody confirms stores nothing');
        // A generation with another key, to be tried: by the verbs, or by what they write.
        if (withoutHelper) {
          await output(
            boot,
            'mkdir -p /overlay/generations/3/work; cp -a /overlay/generations/2/upper /overlay/generations/3/',
          );
          await writeState(boot, { trying: 3, next: 4, attempts: 0 });
        } else {
          await output(boot, 'overlay_helper snapshot older && overlay_helper try older');
        }
      });
      await withBoot(t, impatient, request, async (boot) => {
        t.like(await state(boot), { active: 2, trying: 3, attempts: 1 });
        t.is((await status(boot)).generation, '3');
        t.is(await output(boot, kept), expected, 'in a try');
        await output(boot, 'echo tried >/etc/dropbear/key; sync');
      });
      await withBoot(t, impatient, request, async (boot) => {
        t.is((await status(boot)).generation, '2');
        t.regex(boot.console, /generation 3 was tried and not confirmed in 1 boots; back to generation 2/);
        t.is(await output(boot, kept), expected, 'after the end of a try: neither spoilt nor tried');
        await output(boot, 'touch /overlay/overlaykit/reset; sync');
      });
      await withBoot(t, confirmed, request, async (boot) => {
        t.like(await status(boot), { rung: 'persistent', generation: '4' });
        t.is(await output(boot, kept), expected, 'after another reset');
        await output(boot, 'echo renewed >/etc/dropbear/key; sync');
      });
      // What was written after the boot was confirmed is stored by the next one.
      await withBoot(t, confirmed, request, async (boot) => {
        await eventually(t, async () => (await boot.run(`cat ${stored}`)).output.trim() === 'renewed');
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
    await ubootEnvironment('/overlay/uboot.env'),
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
