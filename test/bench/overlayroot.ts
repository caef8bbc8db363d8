/**
 * Debian's overlayroot in the initramfs that it comes with, to be measured beside our boots: the packages' own scripts, as Debian ships
 * them, fetched into the cache when they are first needed.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { downloadDebianPackage, unpackDebianPackage } from '../../src/system/apt.ts';
import { compiled } from './images.ts';

/** Where initramfs.c finds what it fills the initramfs with. */
const place = '/bench/initramfs';

/** overlayroot itself, the initramfs around it, and the program with which that executes init. */
const packages = ['overlayroot', 'initramfs-tools-core', 'klibc-utils', 'libklibc'] as const;

/** From here on Debian's init does nothing but run overlayroot and hand over. */
const lastPart = '# We expect udev';

/**
 * What a root needs for the case "overlayroot".
 * @param work a folder; what is made there is removed
 * @throws Failure OVL406 where a package cannot be had; Error where it is not as expected
 */
export async function overlayrootFiles(work: string, signal: AbortSignal): Promise<readonly RootFile[]> {
  const folder = await mkdtemp(join(work, 'overlayroot-'));
  try {
    for (const name of packages)
      await unpackDebianPackage(await downloadDebianPackage(name, { signal }), folder);
    const tools = join(folder, 'usr/share/initramfs-tools');
    const library = (await readdir(join(folder, 'lib'))).find((name) => /^klibc-.*\.so$/.test(name));
    if (library === undefined) throw new Error('libklibc has no library');
    const init = handOverPart(await readFile(join(tools, 'init'), 'utf8'));
    const script = '/scripts/init-bottom/overlayroot';
    return [
      file('/bench/overlayroot', await compiled('initramfs', work), 0o755),
      file(`${place}/init`, init, 0o755),
      file(`${place}/scripts/functions`, await readFile(join(tools, 'scripts/functions'))),
      file(`${place}${script}`, await readFile(join(tools, script)), 0o755),
      file(`${place}/scripts/init-bottom/ORDER`, order(script)),
      file(`${place}/bin/run-init`, await readFile(join(folder, 'usr/lib/klibc/bin/run-init')), 0o755),
      file(`${place}/lib/${library}`, await readFile(join(folder, 'lib', library)), 0o755),
      file('/etc/overlayroot.conf', 'overlayroot="tmpfs"\n'),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As mkinitramfs writes it for each script of a folder. */
function order(script: string): string {
  return `${script} "$@"\n[ -e /conf/param.conf ] && . /conf/param.conf\n`;
}

/**
 * Debian's init of an initramfs, from the point at which the root is mounted and overlayroot's turn comes; before it the variables
 * that it has set by then.
 * @throws Error where this init has no such point
 */
export function handOverPart(init: string): string {
  const run = init.lastIndexOf('run_scripts /scripts/init-bottom');
  const from = init.lastIndexOf(lastPart, run);
  if (run === -1 || from === -1) throw new Error("Debian's init does not run init-bottom as expected");
  return [
    '#!/bin/sh',
    'export PATH=/sbin:/usr/sbin:/bin:/usr/bin rootmnt=/root ROOT=/dev/ram0 init=/sbin/init quiet=y break= drop_caps=',
    '. /scripts/functions',
    init.slice(from),
  ].join('\n');
}
