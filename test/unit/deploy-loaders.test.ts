/** Boot loaders: what their configuration is before and after, and that it can be taken back. */
import test from 'ava';
import fc from 'fast-check';
import { isBehind } from '../../src/deploy/loaders/grub.ts';
import { loaderOf, loaders } from '../../src/deploy/loaders/index.ts';
import { type LoaderKind, setWords, wordOf } from '../../src/deploy/loaders/loader.ts';
import { environment } from '../../src/deploy/loaders/u-boot.ts';

const init = { init: '/sbin/overlay_init' };

const examples: Readonly<Record<LoaderKind, string>> = {
  extlinux: `# written by the maker
DEFAULT main
LABEL main
  KERNEL /zImage
  APPEND root=/dev/mmcblk0p2 ro rootwait init=/lib/systemd/systemd
label old
  kernel /zImage.old
  append root=/dev/mmcblk0p2 ro
`,
  'cmdline-txt':
    'console=serial0,115200 root=PARTUUID=1-02 rootfstype=ext4 rootwait init=/usr/lib/raspi-config/init_resize.sh\n',
  'grub-d': '',
  'grub-cfg': `menuentry 'Debian' {
	linux	/vmlinuz-6.1 root=UUID=1-2 ro  quiet
	initrd	/initrd.img-6.1
}
`,
  'u-boot': 'bootargs=console=ttyS0 root=/dev/mtdblock2\nbootcmd=bootm 0x9f050000\n',
};

test('extlinux: every label is edited, and the old line stays above it', (t) => {
  const edited = loaderOf('extlinux').edit(examples.extlinux, init);
  t.deepEqual(edited, {
    text: `# written by the maker
DEFAULT main
LABEL main
  KERNEL /zImage
  # overlaykit, before:  APPEND root=/dev/mmcblk0p2 ro rootwait init=/lib/systemd/systemd
  APPEND root=/dev/mmcblk0p2 ro rootwait init=/sbin/overlay_init
label old
  kernel /zImage.old
  # overlaykit, before:  append root=/dev/mmcblk0p2 ro
  append root=/dev/mmcblk0p2 ro init=/sbin/overlay_init
`,
  });
});

/** What the file says once the edit was taken back. */
function undone(kind: LoaderKind, from: string, to: string): string | undefined {
  return loaderOf(kind).undo({ now: to, from, to });
}

test('extlinux: a label without append gets one', (t) => {
  const text = 'label a\n  linux /Image\n  fdt /a.dtb\n';
  const edited = loaderOf('extlinux').edit(text, init);
  t.deepEqual(edited, {
    text: 'label a\n  linux /Image\n  # overlaykit, added\n  append init=/sbin/overlay_init\n  fdt /a.dtb\n',
  });
  t.is('text' in edited ? undone('extlinux', text, edited.text) : '', text);
});

test('cmdline.txt stays one line, and remembers what it was', (t) => {
  const loader = loaderOf('cmdline-txt');
  const edited = loader.edit(examples['cmdline-txt'], init);
  if ('problem' in edited) return t.fail(edited.problem);
  t.is(edited.text.split('\n').length, 2);
  t.is(loader.read(edited.text, 'init'), '/sbin/overlay_init');
  t.regex(
    edited.text,
    /^console=serial0,115200 root=PARTUUID=1-02 rootfstype=ext4 rootwait init=\/sbin\/overlay_init overlaykit\.before=/,
  );
  return t.is(undone('cmdline-txt', examples['cmdline-txt'], edited.text), examples['cmdline-txt']);
});

test('GRUB with update-grub gets a file of its own, which a shell can read', (t) => {
  const loader = loaderOf('grub-d');
  const edited = loader.edit('', init);
  if ('problem' in edited) return t.fail(edited.problem);
  t.regex(edited.text, /^GRUB_CMDLINE_LINUX="\$GRUB_CMDLINE_LINUX init=\/sbin\/overlay_init"$/m);
  t.is(loader.read(edited.text, 'init'), '/sbin/overlay_init');
  t.true('problem' in loader.edit('', { root: '$(reboot)' }));
  return t.is(undone('grub-d', '', edited.text), '');
});

test('GRUB: a file of ours that grub.cfg was not made from is no reason to do nothing, and is taken back whole', (t) => {
  const loader = loaderOf('grub-d');
  const edited = loader.edit('', init);
  if ('problem' in edited) return t.fail(edited.problem);
  const cfg = (words: string): string =>
    `menuentry 'Debian' {\n\tlinux\t/vmlinuz root=/dev/sda1 ro ${words}quiet\n}\nlinux16 /memtest.bin\n`;
  t.true(isBehind(edited.text, cfg('')));
  t.true(isBehind(edited.text, cfg('init=/sbin/overlay_init.old ')));
  t.true(isBehind(edited.text, undefined));
  t.false(isBehind(edited.text, cfg('init=/sbin/overlay_init ')));
  t.false(isBehind('', cfg('')), 'nothing is asked for');
  const { text } = edited;
  t.is(loader.undo({ now: text, from: text, to: text }), '');
  return t.is(
    loader.undo({ now: `${text}X=1\n`, from: text, to: text }),
    undefined,
    'somebody else wrote to it',
  );
});

test('U-Boot: the old line first, the one that counts last; counted where the board counts boots', (t) => {
  const loader = loaderOf('u-boot');
  t.deepEqual(loader.edit(examples['u-boot'], init), {
    text: 'overlaykit_bootargs console=ttyS0 root=/dev/mtdblock2\nbootargs console=ttyS0 root=/dev/mtdblock2 init=/sbin/overlay_init\n',
  });
  const counting = `${examples['u-boot']}bootlimit=3\naltbootcmd=run old\nupgrade_available=0\n`;
  const edited = loader.edit(counting, init);
  t.deepEqual('text' in edited ? edited.text.split('\n').slice(1, 3) : [], [
    'bootcount 0',
    'upgrade_available 1',
  ]);
  t.deepEqual(loader.edit('bootcmd=run x\nx=setenv bootargs root=/dev/sda1\nbootargs=a\n', init), {
    problem: 'builds bootargs anew at every boot, in x',
  });
  t.deepEqual(loader.edit('bootcmd=x\n', init), { problem: 'has no variable bootargs' });
  const set = 'overlaykit_bootargs old words\nbootargs new\n';
  const undo = (now: string, from: string): string | undefined => loader.undo({ now, from, to: set });
  const from = 'bootargs=old words\n';
  t.is(
    undo('bootargs=new\noverlaykit_bootargs=old words\n', from),
    'bootargs old words\noverlaykit_bootargs\n',
  );
  t.is(
    undo('bootargs=old words\noverlaykit_bootargs=old words\n', from),
    'overlaykit_bootargs\n',
    'cut in between',
  );
  t.is(undo(from, from), '', 'nothing had been set yet');
  t.is(undo("bootargs=somebody else's\n", from), undefined);
});

for (const { kind, edit, undo, read } of loaders.filter(
  ({ kind }) => kind !== 'u-boot' && kind !== 'grub-d',
)) {
  test(`${kind}: edited twice is edited once, and undone is as before`, (t) => {
    const text = examples[kind];
    const once = edit(text, init);
    if ('problem' in once) return t.fail(once.problem);
    t.is(read(once.text, 'init'), '/sbin/overlay_init');
    const twice = edit(once.text, init);
    t.deepEqual(twice, once);
    t.is(undo({ now: once.text, from: text, to: once.text }), text);
    t.is(undo({ now: text, from: text, to: once.text }), text, 'not written yet');
    const other = edit(once.text, { ...init, root: '/dev/other' });
    if ('problem' in other) return t.fail(other.problem);
    t.is(undo({ now: other.text, from: once.text, to: other.text }), once.text, 'one edit back, not two');
    const changed = `${once.text}# a line of somebody else\n`;
    const back = undo({ now: changed, from: text, to: once.text });
    t.is(back, `${text}# a line of somebody else\n`, 'what somebody has written since stays');
    return t.is(undo({ now: 'another file\n', from: text, to: once.text }), undefined);
  });
}

const word = fc.stringMatching(/^[a-z][a-z.]{0,5}(=[A-Za-z0-9/,:-]{0,6})?$/);

test('words are set once, before "--", and all others stay in their order', (t) => {
  fc.assert(
    fc.property(fc.array(word), fc.array(word), (kernels, inits) => {
      const line = [...kernels, ...(inits.length > 0 ? ['--', ...inits] : [])].join(' ');
      const edited = setWords(line, init);
      t.is(wordOf(edited, 'init'), '/sbin/overlay_init');
      const without = (text: string): readonly string[] =>
        text.split(' ').filter((one) => one !== '' && one !== 'init=/sbin/overlay_init');
      const kept = kernels.filter((one) => !one.startsWith('init='));
      t.deepEqual(
        without(edited),
        [...kept, ...(inits.length > 0 ? ['--', ...inits] : [])].filter(
          (one) => one !== 'init=/sbin/overlay_init',
        ),
      );
    }),
  );
});

test('a word in quotes stays one word', (t) => {
  t.is(setWords('dyndbg="file a.c +p" quiet', init), 'dyndbg="file a.c +p" quiet init=/sbin/overlay_init');
});

test('whatever fw_printenv prints is read without an error', (t) => {
  fc.assert(fc.property(fc.string(), (text) => environment(text) instanceof Map));
  t.is(environment('a=b=c\nbroken\n=x\n').size, 1);
});
