/** Boots a Board in the namespace sandbox: provides the storage, unpacks the root where it cannot be mounted, starts it. */
import { join, resolve } from 'node:path';
import { runTool } from '../../system/process.ts';
import type { Boot, BootRequest } from '../boot.ts';
import { cannot, type StorageNeed, storageNeed } from '../storage.ts';
import { withStorage } from '../with-storage.ts';
import { namespaceMode } from './available.ts';
import type { SandboxSpec } from './spec.ts';
import { startSandbox } from './start.ts';

/** See bootBoard(). */
export async function bootSandbox(request: BootRequest): Promise<Boot> {
  const need = playable(request);
  const { lifetimeMs, signal } = request;
  return withStorage(request, need, async ({ image, folder, tidy }) => {
    const spec: SandboxSpec = {
      root: await rootOf(request, join(folder, 'root')),
      disks:
        need.kind === 'none' ? [] : [{ image, ...(need.path === undefined ? {} : { device: need.path }) }],
      init: request.init ?? '/sbin/overlay_init',
      words: request.cmdline ?? [],
      labShell: request.shell !== 'console',
    };
    return startSandbox(spec, {
      tidy,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(signal === undefined ? {} : { signal }),
    });
  });
}

/** @throws Failure OVL412 when the sandbox cannot play the board */
function playable(request: BootRequest): Exclude<StorageNeed, { kind: 'jffs2' }> {
  const need = storageNeed(request.board);
  if (need.kind === 'jffs2') {
    throw cannot('flash in the sandbox', "this machine's kernel has none to mount", '--machine qemu');
  }
  if (request.exact !== undefined) {
    throw cannot('counted instructions in the sandbox', 'it runs on the processor itself', '--machine qemu');
  }
  const path = 'path' in need ? need.path : undefined;
  if (path !== undefined && !/^\/dev\/[^\s/][^\s]*$/.test(path)) {
    throw cannot(`storage at ${path}`, 'the sandbox names devices below /dev, without white space');
  }
  return need;
}

/** An ordinary user gets a folder: everything in it is then root's inside the namespace, and device nodes are missing. */
async function rootOf({ board, rootImage }: BootRequest, folder: string): Promise<SandboxSpec['root']> {
  if (namespaceMode() !== 'user' || board.root.type !== 'squashfs') {
    return { kind: 'image', image: resolve(rootImage), type: board.root.type };
  }
  await runTool('unsquashfs', [
    '-quiet',
    '-no-progress',
    '-no-exit-code',
    '-dest',
    folder,
    resolve(rootImage),
  ]);
  return { kind: 'folder', folder };
}
