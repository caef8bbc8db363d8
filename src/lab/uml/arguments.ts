/** The command line of user-mode Linux, which is the kernel's command line as well. Pure. */
import type { BootSettings } from '../kernel/initramfs.ts';
import { type UmlSpec, umlDevices } from './spec.ts';

/** Names of the files in the folder in which the kernel runs: they need no quoting, whatever the images are called. */
export const umlFiles = { kernel: 'linux', initrd: 'initrd', root: 'root', storage: 'storage' } as const;

/** The descriptor that the second line, the lab shell's, is connected to. */
export const shellDescriptor = 3;

const defaultMemoryMiB = 128;

export function umlArguments(spec: UmlSpec): readonly string[] {
  return [
    `mem=${memoryMiB(spec)}M`,
    `ubd0r=${umlFiles.root}`,
    ...(spec.storage === undefined ? [] : [`ubd1=${umlFiles.storage}`]),
    `initrd=${umlFiles.initrd}`,
    ...['con=null', 'ssl=null', 'con0=fd:0,fd:1', `con1=fd:${shellDescriptor}`, 'labshell=tty1'],
    ...['panic=-1', 'noreboot', 'quiet', `init=${spec.init}`],
    ...(spec.words ?? []).map(quoteWord),
  ];
}

export function memoryMiB(spec: UmlSpec): number {
  return spec.memoryMiB ?? defaultMemoryMiB;
}

/** What the initramfs does, all but the modules. */
export function umlSettings(spec: UmlSpec): Omit<BootSettings, 'modules'> {
  const links = spec.links ?? [];
  return { rootDevice: umlDevices.root, rootType: spec.root.type, init: spec.init, flash: [], links };
}

/** Names as in modprobe; what is built in is left out by the initramfs builder. */
export function umlModules(spec: UmlSpec): readonly string[] {
  const storage = spec.storage === undefined ? [] : [spec.storage.type];
  return [...new Set([spec.root.type, ...storage, 'overlay', 'loop', 'fuse'])];
}

/** The kernel splits its words at spaces outside of double quotes, and knows no way to write a double quote. */
function quoteWord(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word;
}
