/**
 * Starts a virtual board under user-mode Linux, without any privilege: as nobody when we are root, as ourselves otherwise.
 *
 * In: a UmlSpec. Out: a running UmlBoard, which owns a temporary folder with copies of the images and removes it.
 */
import {
  chmod,
  chown,
  constants,
  copyFile,
  mkdtemp,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from '../../system/tools.ts';
import type { ShellPlace } from '../boot.ts';
import { buildInitramfs, settingsArchive } from '../kernel/initramfs.ts';
import type { LifeOptions } from '../life.ts';
import { namespaceMode, unshareFor } from '../sandbox/available.ts';
import { memoryMiB, umlArguments, umlFiles, umlModules, umlSettings } from './arguments.ts';
import type { UmlSpec } from './spec.ts';
import { UmlBoard } from './uml-board.ts';

/** Debian's nobody and nogroup; the kernel's own numbers for "nobody that is known here". */
const nobody = 65534;

export interface StartOptions extends LifeOptions {
  readonly shell?: ShellPlace;
  /** Done when the board has ended, before `exited` settles. */
  readonly tidy?: () => Promise<void>;
}

/**
 * Starts the board and returns at once; what it says comes later.
 * @throws Failure OVL401 without setpriv, OVL407 when the kernel lacks a module that the board needs
 */
export async function startUml(spec: UmlSpec, options: StartOptions = {}): Promise<UmlBoard> {
  options.signal?.throwIfAborted();
  const isRoot = process.getuid?.() === 0;
  const folder = await mkdtemp(join(tmpdir(), 'overlaykit-uml-'));
  try {
    await fillFolder(spec, folder);
    if (isRoot) await giveToNobody(folder);
    const namespace = namespaceLauncher(isRoot);
    // All paths are relative: nobody may not walk through every folder in which $TMPDIR may lie.
    return UmlBoard.start({
      inNamespace: namespace.length > 0,
      command: [
        ...namespace,
        ...unprivileged(isRoot),
        ...underShell(namespace.length > 0),
        `./${umlFiles.kernel}`,
        ...umlArguments(spec),
      ],
      folder,
      environment: { HOME: '.', PATH: process.env.PATH ?? '', ...(await memoryFolder(spec)) },
      life: options,
      shell: options.shell ?? 'lab',
      tidy: async () => {
        await tidy(spec, folder);
        await options.tidy?.();
      },
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Copies: nobody may not look into the cache or into somebody's home, and the storage has to be writable for it. */
async function fillFolder(spec: UmlSpec, folder: string): Promise<void> {
  const base = await buildInitramfs({ kernel: spec.kernel, modules: umlModules(spec) });
  const settings = settingsArchive({ ...umlSettings(spec), modules: base.loadOrder });
  await writeFile(join(folder, umlFiles.initrd), Buffer.concat([await readFile(base.file), settings]));
  const copies = { kernel: spec.kernel.vmlinux, root: spec.root.image, storage: spec.storage?.image };
  for (const [name, from] of Object.entries(copies)) {
    const to = join(folder, umlFiles[name as keyof typeof copies]);
    if (from !== undefined) await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
  await chmod(join(folder, umlFiles.kernel), 0o755);
}

async function giveToNobody(folder: string): Promise<void> {
  for (const path of [folder, join(folder, umlFiles.initrd), join(folder, umlFiles.root)]) {
    await chown(path, nobody, nobody);
  }
  await chown(join(folder, umlFiles.storage), nobody, nobody).catch(() => undefined);
}

/**
 * UML makes several processes, some of which would stay behind, stopped, when it is killed; in a PID namespace all of them
 * go with it. Where there are no namespaces, the board's process group is killed.
 */
function namespaceLauncher(isRoot: boolean): readonly string[] {
  const mode = namespaceMode();
  if (mode === undefined || (mode === 'user' && isRoot)) return [];
  return [
    requireTool('setpriv'),
    '--pdeathsig',
    'KILL',
    '--',
    requireTool('unshare'),
    ...unshareFor[mode],
    '--',
  ];
}

/** The kernel forgets pdeathsig when the user changes: it is asked for again after that. */
function unprivileged(isRoot: boolean): readonly string[] {
  const asNobody = isRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  return [requireTool('setpriv'), ...asNobody, '--no-new-privs', '--pdeathsig', 'KILL', '--'];
}

/**
 * Inside a namespace a shell is PID 1: the kernel ends a panic by SIGABRT, which a PID 1 does not die of. Outside, the
 * shell gives its place to the kernel.
 */
function underShell(inNamespace: boolean): readonly string[] {
  return ['/bin/sh', '-c', inNamespace ? 'exec 2>&1; "$@"; exit $?' : 'exec 2>&1; exec "$@"', 'sh'];
}

/**
 * The kernel keeps the board's memory in a deleted file: in /dev/shm by itself, which containers make too small, and the
 * board would die of SIGBUS later.
 */
async function memoryFolder(spec: UmlSpec): Promise<Record<string, string>> {
  const shm = await statfs('/dev/shm').catch(() => undefined);
  const free = shm === undefined ? 0 : shm.bavail * shm.bsize;
  return free > 2 * memoryMiB(spec) * 2 ** 20 ? {} : { TMPDIR: '.' };
}

/** Gives the storage back, whole or not at all, and removes the folder. */
async function tidy(spec: UmlSpec, folder: string): Promise<void> {
  try {
    if (spec.storage !== undefined) await giveBack(join(folder, umlFiles.storage), spec.storage.image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function giveBack(from: string, to: string): Promise<void> {
  const draft = `${to}.overlaykit-uml`;
  await copyFile(from, draft, constants.COPYFILE_FICLONE);
  await rename(draft, to);
}
