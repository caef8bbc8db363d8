/**
 * A board's identity on real JFFS2, and a U-Boot environment that the real programs read: one series of boots on one
 * storage, each ended by a power cut.
 */
import type { ExecutionContext } from 'ava';
import type { Boot } from '../../src/lab/index.ts';
import { testWith } from '../support/needs.ts';
import {
  changedBoard,
  output,
  ownKernelTools,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';
import { environmentBytes, ubootEnvironment } from '../support/uboot-environment.ts';

const vm = testWith(...ownKernelTools, 'fw_printenv');

const certificate = '/etc/ssl/device.crt';
/** What overlay_helper asks for a reset with. */
const file = '/overlay/overlaykit/reset';
const missing = `not provisioned: ${certificate}`;

/** The board that gives a generation up after so many boots that nobody has confirmed. */
async function board(attempts: number): Promise<Ready> {
  const text = await changedBoard('lab-jffs2', [
    'stat, switch_root',
    'md5sum, fw_printenv, fw_setenv, stat, switch_root',
  ]);
  const more = `
identity:
  - { path: /etc/dropbear, policy: keep }
  - { path: /etc/machine-id, policy: new }
  - { path: ${certificate}, policy: provisioned }
generations: { attempts: ${attempts}, confirm: command }
reset:
  uboot_env: { name: overlaykit, value: reset }
`;
  const files = await ubootEnvironment('/overlay/uboot.env');
  return ready(await textFile(`${text}${more}`), { root: { files } });
}

/** What the running system has of its identity: the key with its modes, the certificate. */
const identity = `cat /etc/dropbear/key; stat -c %a /etc/dropbear /etc/dropbear/key; cat ${certificate}`;
const stored = 'cat /overlay/overlaykit/identity/*/root/etc/dropbear/key';

/** A note of the boot is in the status, the kernel log, at login, and in what the helper says. */
async function told(t: ExecutionContext, boot: Boot, note: string): Promise<void> {
  t.true((await status(boot)).notes.includes(note), boot.console);
  t.true((await output(boot, 'dmesg')).includes(`overlaykit: ${note}`));
  t.true((await output(boot, '. /etc/profile.d/overlaykit.sh')).includes(note));
  const { output: said, exitCode } = await boot.run('/sbin/overlay_helper status');
  t.true(said.split('\n').includes(`trouble: ${note}`), said);
  t.is(exitCode, 1);
}

vm(
  'JFFS2: the identity outlives a reset and power cuts, a try that is given up, a rollback, a reset by U-Boot',
  async (t) => {
    t.timeout(1_200_000);
    const impatient = await board(1);
    const patient = await board(9);
    const request = { machine: 'qemu-own-kernel', storageImage: await storageImage() } as const;

    await withBoot(t, impatient, request, async (boot) => {
      const { rung, reset, notes } = await status(boot);
      t.is(rung, 'persistent', boot.console);
      t.is(reset, '');
      // There is no environment yet.
      t.is(notes.length, 2, boot.console);
      t.regex(notes[0] ?? '', /^U-Boot's environment cannot be read: /);
      await told(t, boot, missing);
      await output(boot, 'umask 077; mkdir -p /etc/dropbear; echo first >/etc/dropbear/key');
      await output(boot, `mkdir -p /etc/ssl; echo cert >${certificate}`);
      await output(boot, 'echo mine >/etc/hostname; echo one >/etc/machine-id');
      await output(boot, `overlay_helper provision ${certificate} && overlay_helper confirm`);
      t.is(await output(boot, `${stored}; stat -c %a /overlay/overlaykit/identity`), 'first\n700');
      t.notRegex((await boot.run('overlay_helper status')).output, /^trouble: not provisioned/m);
      await output(boot, "printf 'bootdelay=3\\n' >/tmp/default");
      await output(boot, `head -c ${environmentBytes} /dev/zero >/overlay/uboot.env`);
      await output(boot, 'fw_setenv -f /tmp/default lab yes && overlay_helper reset');
      await boot.cut();
    });

    await withBoot(t, patient, request, async (boot) => {
      t.like(await status(boot), { generation: '2', reset: file, notes: [] }, boot.console);
      t.true((await output(boot, 'dmesg')).includes(`overlaykit: factory reset, asked for by ${file}`));
      const { output: said, exitCode } = await boot.run('overlay_helper status');
      t.true(said.split('\n').includes(`reset-done: ${file}`), said);
      t.is(exitCode, 0, said);
      t.is(await output(boot, 'cat /etc/hostname'), 'factory');
      t.is(await output(boot, identity), 'first\n700\n600\ncert');
      t.not((await boot.run('grep one /etc/machine-id')).exitCode, 0, 'a new one is to be made');
      // The boot is hardly over, nothing was synced since.
      await boot.cut();
    });

    await withBoot(t, patient, request, async (boot) => {
      t.like(await status(boot), { generation: '2', reset: '', notes: [] }, boot.console);
      t.is(await output(boot, identity), 'first\n700\n600\ncert', 'whole after the cut');
      await output(boot, 'echo stale >/etc/dropbear/key; echo three >/etc/hostname');
      await output(boot, 'overlay_helper snapshot other');
      await output(boot, 'echo renewed >/etc/dropbear/key; echo two >/etc/hostname');
      await output(boot, `echo forged >${certificate}; overlay_helper confirm && overlay_helper try other`);
      t.is(await output(boot, stored), 'renewed');
      await boot.cut();
    });

    await withBoot(t, patient, request, async (boot) => {
      t.like(await status(boot), { generation: '3', reset: '', notes: [] }, boot.console);
      t.is(await output(boot, `cat /etc/hostname; ${identity}`), 'three\nrenewed\n700\n600\ncert');
      await output(boot, 'echo spoilt >/etc/dropbear/key; sync');
      t.is(await output(boot, stored), 'renewed', 'a boot that nobody confirms stores nothing');
      await boot.cut();
    });

    await withBoot(t, impatient, request, async (boot) => {
      t.like(await status(boot), { generation: '2', reset: '', notes: [] }, boot.console);
      const ended = 'generation 3 was tried and not confirmed in 1 boots; back to generation 2';
      t.true((await output(boot, 'dmesg')).includes(`overlaykit: ${ended}`));
      t.is(await output(boot, `cat /etc/hostname; ${identity}`), 'two\nrenewed\n700\n600\ncert');
      await output(boot, 'overlay_helper confirm && overlay_helper rollback other');
      await boot.cut();
    });

    await withBoot(t, impatient, request, async (boot) => {
      t.like(await status(boot), { generation: '3', reset: '', notes: [] }, boot.console);
      t.is(await output(boot, `cat /etc/hostname; ${identity}`), 'three\nrenewed\n700\n600\ncert');
      await output(boot, 'overlay_helper confirm && fw_setenv overlaykit reset && sync');
      await boot.cut();
    });

    await withBoot(t, impatient, request, async (boot) => {
      const asked = 'the variable overlaykit of U-Boot';
      t.like(await status(boot), { generation: '4', reset: asked, notes: [] }, boot.console);
      t.is(await output(boot, `cat /etc/hostname; ${identity}`), 'factory\nrenewed\n700\n600\ncert');
      t.is(await output(boot, 'fw_printenv -n overlaykit'), '', 'it is cleared');
      t.is(await output(boot, 'fw_printenv -n lab'), 'yes');
      t.notRegex(await output(boot, 'ls /overlay/overlaykit'), /reset/);
    });
  },
);
