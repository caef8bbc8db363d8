/**
 * Starts a board in namespaces on this machine's kernel: PID 1 of its own PID namespace, on its own mount tree, with its
 * own network, host name and System V IPC.
 *
 * In: a SandboxSpec. Out: a running SandboxBoard, which leaves nothing on the machine when it has ended.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { requireTool } from '../../system/tools.ts';
import type { LifeOptions } from '../life.ts';
import { type NamespaceMode, namespaceMode, sandboxUnavailable } from './available.ts';
import { kernelWords } from './kernel-words.ts';
import { LoopDevice } from './loop-device.ts';
import { boundingSet, readOnlyInProc } from './privileges.ts';
import { SandboxBoard } from './sandbox-board.ts';
import { consoleScript, setupScript } from './setup.ts';
import type { SandboxSpec } from './spec.ts';

export interface StartOptions extends LifeOptions {
  /** Done when the board has ended, before `exited` settles. */
  readonly tidy?: () => Promise<void>;
}

/**
 * Starts the board; its init has been executed when this returns.
 * @throws Failure OVL401 when a tool is missing, OVL431 where there are no namespaces, OVL432 when it cannot be set up
 */
export async function startSandbox(spec: SandboxSpec, options: StartOptions = {}): Promise<SandboxBoard> {
  options.signal?.throwIfAborted();
  const mode = usableMode(spec);
  const stage = await mkdtemp(join(tmpdir(), 'overlaykit-sandbox-'));
  const loops: LoopDevice[] = [];
  const clear = async (): Promise<void> => {
    for (const loop of loops) await loop.release();
    await rm(stage, { recursive: true, force: true });
  };
  const tidy = async (): Promise<void> => {
    await clear();
    await options.tidy?.();
  };
  try {
    for (const disk of spec.disks ?? []) loops.push(await LoopDevice.attach(disk.image));
    const rootDevice = await writableRoot(spec, loops);
    return await SandboxBoard.start({
      command: command(mode),
      environment: { ...environment(spec, mode, loops), ...rootDevice, sandbox_stage: stage },
      mode,
      labShell: spec.labShell ?? true,
      life: options,
      tidy,
    });
  } catch (error) {
    await clear();
    throw error;
  }
}

/** mount makes loop devices of its own for images, which cannot be written to when it is asked for a read-only mount. */
async function writableRoot(
  { root }: SandboxSpec,
  loops: LoopDevice[],
): Promise<Readonly<Record<string, string>>> {
  if (root.kind !== 'image' || root.writable !== true) return {};
  const loop = await LoopDevice.attach(root.image);
  loops.push(loop);
  return { sandbox_root: loop.path, sandbox_root_options: 'ro' };
}

function usableMode(spec: SandboxSpec): NamespaceMode {
  const mode = spec.mode ?? namespaceMode();
  const unavailable = sandboxUnavailable();
  if (mode === undefined || unavailable !== undefined) throw new Failure(unavailable ?? []);
  const needsRoot = spec.root.kind === 'image' || (spec.disks ?? []).length > 0;
  if (mode === 'user' && needsRoot) throw new Failure(imagesNeedRoot);
  return mode;
}

const imagesNeedRoot = {
  code: 'OVL432',
  severity: 'error',
  message: 'the namespace sandbox cannot mount images for an ordinary user',
  because: 'inside a user namespace the kernel mounts tmpfs and overlay, but no image files',
  fix: 'unpack the root into a folder and store on tmpfs, run as root, or use another machine (--machine uml)',
} as const;

function command(mode: NamespaceMode): readonly string[] {
  const namespaces =
    mode === 'root' ? ['--mount', '--propagation', 'private'] : ['--user', '--map-root-user', '--mount'];
  for (const tool of ['script', 'nsenter'] as const) requireTool(tool);
  const unshare = [requireTool('unshare'), ...namespaces, '--', 'sh', '-c', consoleScript, 'sandbox'];
  // Killed like this even when we get no chance to do it ourselves (kill -9, out of memory).
  return [requireTool('setpriv'), '--pdeathsig', 'KILL', '--', ...unshare];
}

function environment(
  spec: SandboxSpec,
  mode: NamespaceMode,
  loops: readonly LoopDevice[],
): Readonly<Record<string, string>> {
  const words = [...(spec.words ?? []), 'labshell=labshell'];
  const { cmdline, environment: named, initArguments } = kernelWords(words);
  const disks = (spec.disks ?? []).flatMap(({ device }, at) => {
    const loop = loops[at];
    // The kernel's own name too: findfs looks for what /proc/partitions lists.
    const paths = loop === undefined ? [] : [...new Set([loop.path, device ?? loop.path])];
    return paths.map((path) => `${loop?.major} ${loop?.minor} ${path}`);
  });
  return {
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`,
    LC_ALL: 'C',
    sandbox_setup: setupScript,
    sandbox_root: spec.root.kind === 'image' ? spec.root.image : spec.root.folder,
    sandbox_type: spec.root.kind === 'image' ? spec.root.type : '',
    sandbox_root_options: 'ro,loop',
    sandbox_cmdline: cmdline,
    sandbox_environment: named.join('\n'),
    sandbox_arguments: initArguments.join('\n'),
    sandbox_disks: disks.join('\n'),
    sandbox_init: spec.init,
    sandbox_user: mode === 'user' ? 'yes' : 'no',
    // A user's namespace has no power over the machine anyway.
    sandbox_read_only: mode === 'user' ? '' : readOnlyInProc.join(' '),
    sandbox_privileges: boundingSet,
  };
}
