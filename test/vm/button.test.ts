/** A reset button on a GPIO controller that the kernel drives: released, pressed, and pressed since. */
import {
  changedBoard,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  textFile,
  vmOwnKernel,
  withBoot,
} from '../support/shipped-boards.ts';

const stuck =
  'the reset button is pressed since the reset that it asked for (is it stuck?); it asks for nothing until it was released at a boot';

/**
 * Eight lines of the kernel's GPIO testing driver. They are inputs at 0 from the start, so what a pressed button is, is said
 * by the board file.
 */
const cmdline = ['quiet', 'gpio_mockup.gpio_mockup_ranges=-1,8'];

/** The board with its button on line 5; `active` is the level of a pressed one. */
async function board(active: 'low' | 'high'): Promise<Ready> {
  const more = `
generations: { attempts: 9, confirm: command }
reset:
  gpio: { chip: gpio-mockup-A, line: 5, active: ${active}, hold: 1s }
`;
  return ready(await textFile(`${await changedBoard('lab-jffs2')}${more}`));
}

vmOwnKernel(
  'a button on a real GPIO line: released nothing, pressed one reset, pressed since none',
  async (t) => {
    t.timeout(900_000);
    const released = await board('high');
    const pressed = await board('low');
    const request = { machine: 'qemu-own-kernel', storageImage: await storageImage(), cmdline } as const;

    await withBoot(t, released, request, async (boot) => {
      // No note: the line was read, and is free again for a driver.
      t.like(await status(boot), { rung: 'persistent', generation: '1', reset: '', notes: [] }, boot.console);
      const lines = 'cd /sys/class/gpio; cat gpiochip*/label; ls -d gpio[0-9]* 2>/dev/null | wc -l';
      t.is(await output(boot, lines), 'gpio-mockup-A\n0');
      await output(boot, 'echo mine >/etc/hostname && sync');
      await boot.cut();
    });

    await withBoot(t, pressed, request, async (boot) => {
      t.like(await status(boot), { generation: '2', reset: 'the reset button', notes: [] }, boot.console);
      t.is(await output(boot, 'cat /etc/hostname'), 'factory');
      t.regex(await output(boot, 'dmesg'), /overlaykit: factory reset, asked for by the reset button/);
      t.regex((await boot.run('overlay_helper status')).output, /^reset-done: the reset button$/m);
      await output(boot, 'echo mine >/etc/hostname && sync');
      await boot.cut();
    });

    await withBoot(t, pressed, request, async (boot) => {
      t.like(await status(boot), { generation: '2', reset: '', notes: [stuck] }, boot.console);
      t.is(await output(boot, 'cat /etc/hostname'), 'mine');
      t.true(boot.console.includes(`overlaykit: ${stuck}`), 'loud although the kernel was told to be quiet');
      t.true((await output(boot, '. /etc/profile.d/overlaykit.sh')).includes(stuck));
      const { output: said, exitCode } = await boot.run('overlay_helper status');
      t.true(said.split('\n').includes(`trouble: ${stuck}`), said);
      t.is(exitCode, 1);
    });
  },
);
