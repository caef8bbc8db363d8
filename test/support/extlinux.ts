/** Debian's extlinux on a disk, with its configuration in the root. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { runTool } from '../../src/system/process.ts';
import { type DiskLoader, packageTree } from './loader-disk.ts';

export const extlinuxConf = '/boot/extlinux/extlinux.conf';

/** extlinux notes where its own sectors lie, so it wants the partition mounted; the mount ends with the program that makes it. */
export async function extlinuxLoader(): Promise<DiskLoader> {
  const tree = await packageTree('extlinux', ['extlinux']);
  const install = 'mount -t ext4 -o loop "$1" /mnt && "$2" --install /mnt/boot/extlinux && umount /mnt';
  return {
    bootSector: await readFile(join(tree, 'usr/lib/EXTLINUX/mbr.bin')),
    install: async (image) => {
      await runTool('unshare', ['--mount', 'sh', '-c', install, 'sh', image, join(tree, 'usr/bin/extlinux')]);
    },
  };
}

/** @param words for the kernel @param version of the kernel in /boot */
export function extlinuxFiles(words: readonly string[], version: string): readonly RootFile[] {
  const lines = [
    'default lab',
    'prompt 0',
    'label lab',
    `  linux /boot/vmlinuz-${version}`,
    `  initrd /boot/initrd.img-${version}`,
    `  append root=/dev/vda1 ro ${words.join(' ')}`,
  ];
  return [file(extlinuxConf, `${lines.join('\n')}\n`)];
}
