/** Boot loaders of boards with a root that can be written: their files in the root, and what they tell the kernel that they start from it. */
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';

export interface BoardLoader {
  readonly files: readonly RootFile[];
  /** What is read at every boot. */
  readonly path: string;
  /** Words of the kernel command line, from the text of that file. */
  readonly words: (text: string) => readonly string[];
}

const blanks = /\s+/;

/** Words behind the first line that matches. */
function wordsBehind(text: string, pattern: RegExp): readonly string[] {
  const line = text.split('\n').find((one) => pattern.test(one)) ?? '';
  return line.replace(pattern, '').trim().split(blanks);
}

const extlinux = {
  path: '/boot/extlinux/extlinux.conf',
  text: `timeout 10
label lab
  linux /vmlinuz
  append root=/dev/mmcblk0p2 quiet
`,
};

const grubCfg = {
  path: '/boot/grub/grub.cfg',
  text: `set timeout=1
menuentry 'Lab' --class gnu-linux {
	search --no-floppy --fs-uuid --set=root 1-2
	linux	/vmlinuz root=/dev/mmcblk0p2 ro quiet
	initrd	/initrd.img
}
`,
};

const cmdlineTxt = {
  path: '/boot/firmware/cmdline.txt',
  text: 'console=serial0,115200 root=/dev/mmcblk0p2 rootfstype=ext4 rootwait quiet\n',
};

/** Plays Debian's update-grub: the defaults are read by a shell, as grub-mkconfig reads them, and grub.cfg is written beside itself. */
const updateGrub = `#!/bin/sh -e
. /etc/default/grub
for defaults in /etc/default/grub.d/*.cfg; do
  [ ! -e "$defaults" ] || . "$defaults"
done
printf 'menuentry Lab {\\n\\tlinux\\t/vmlinuz root=/dev/mmcblk0p2 ro %s\\n}\\n' "$GRUB_CMDLINE_LINUX" >/boot/grub/grub.cfg.new
mv /boot/grub/grub.cfg.new /boot/grub/grub.cfg
`;

const linux = /^\s*linux\s+\S+/;

export const boardLoaders = {
  extlinux: {
    files: [file(extlinux.path, extlinux.text)],
    path: extlinux.path,
    words: (text) => wordsBehind(text, /^\s*append\s/),
  },
  'cmdline-txt': {
    files: [file(cmdlineTxt.path, cmdlineTxt.text)],
    path: cmdlineTxt.path,
    words: (text) => text.trim().split(blanks),
  },
  'grub-cfg': {
    files: [file(grubCfg.path, grubCfg.text)],
    path: grubCfg.path,
    words: (text) => wordsBehind(text, linux),
  },
  'grub-d': {
    files: [
      file(grubCfg.path, grubCfg.text),
      file('/etc/default/grub', 'GRUB_CMDLINE_LINUX="quiet"\n'),
      file('/usr/sbin/update-grub', updateGrub, 0o755),
    ],
    path: grubCfg.path,
    words: (text) => wordsBehind(text, linux),
  },
} as const satisfies Readonly<Record<string, BoardLoader>>;

export type BoardLoaderName = keyof typeof boardLoaders;
