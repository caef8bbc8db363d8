/** Debian's GRUB for a PC: on a disk, and with update-grub and all that it calls in the root. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { programFiles } from '../../src/lab/roots/program.ts';
import { directory, file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { type DiskLoader, filesOf, packageTree } from './loader-disk.ts';

const packages = ['grub-common', 'grub2-common', 'grub-pc-bin'];
const tree = (): Promise<string> => packageTree('grub', packages);

/** What grub-install would write before the partition: it looks for the rest in /boot/grub of the first one. */
export async function grubLoader(): Promise<DiskLoader> {
  const grub = await tree();
  const modules = join(grub, 'usr/lib/grub/i386-pc');
  const work = await mkdtemp(join(tmpdir(), 'ovl-grub-'));
  try {
    const core = join(work, 'core.img');
    await execa(join(grub, 'usr/bin/grub-mkimage'), [
      ...['-d', modules, '-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-o', core],
      ...['biosdisk', 'part_msdos', 'ext2'],
    ]);
    return { bootSector: await readFile(join(modules, 'boot.img')), core: await readFile(core) };
  } finally {
    await rm(work, { recursive: true });
  }
}

const programs = [
  'usr/sbin/grub-probe',
  'usr/bin/grub-mkrelpath',
  'usr/bin/grub-script-check',
  'usr/bin/grub-editenv',
  'usr/bin/grub-file',
];

/**
 * @param words for the kernel, in /etc/default/grub
 * @param version of the kernel in /boot
 */
export async function grubFiles(words: readonly string[], version: string): Promise<readonly RootFile[]> {
  const grub = await tree();
  const modules = await filesOf(join(grub, 'usr/lib/grub/i386-pc'), '/boot/grub/i386-pc');
  const scripts = ['usr/sbin/grub-mkconfig', 'usr/sbin/update-grub'].map(async (path) =>
    file(`/${path}`, await readFile(join(grub, path)), 0o755),
  );
  const line = `root=/dev/vda1 ro ${words.join(' ')}`;
  return [
    ...(await Promise.all(programs.map((path) => programFiles(join(grub, path), `/${path}`)))).flat(),
    ...(await Promise.all(scripts)),
    ...(await filesOf(join(grub, 'etc/grub.d'), '/etc/grub.d')),
    ...(await filesOf(join(grub, 'usr/share/grub'), '/usr/share/grub')).filter(({ path }) =>
      path.endsWith('grub-mkconfig_lib'),
    ),
    ...modules.filter(({ path }) => /\.(?:mod|lst)$/.test(path)),
    file(
      '/etc/default/grub',
      `GRUB_TIMEOUT=0\nGRUB_TERMINAL=console\nGRUB_CMDLINE_LINUX="${words.join(' ')}"\n`,
    ),
    directory('/etc/default/grub.d'),
    // What an installer's medium boots before update-grub has run.
    file(
      '/boot/grub/grub.cfg',
      `linux /boot/vmlinuz-${version} ${line}\ninitrd /boot/initrd.img-${version}\nboot\n`,
      0o400,
    ),
  ];
}
