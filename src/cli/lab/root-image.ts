/** The root image that a virtual board boots: a person's or the lab's own, with the board's bundle in it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleRequest, installBundle } from '../../image/index.ts';
import { hardwareFor } from '../../lab/hardware.ts';
import type { Machine } from '../../lab/index.ts';
import { busyboxRoot } from '../../lab/roots/busybox.ts';
import { repairProgram } from '../../lab/roots/repair-program.ts';
import { bundleBoard } from '../../toolchain/bundle-board.ts';
import type { PreparedBoard } from '../../toolchain/prepare-board.ts';
import type { Context } from '../command.ts';
import { usageFailure } from '../usage.ts';

/** Makes the image, lets `use` have its path, and removes it. @param given the person's own image; never changed */
export async function withRootImage<T>(
  prepared: PreparedBoard,
  machine: Machine,
  given: string | undefined,
  context: Context,
  use: (image: string) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'ovl-lab-'));
  try {
    const image = given ?? (await ownRoot(prepared, machine, join(scratch, 'own')));
    const bundle = await bundleBoard(prepared, { progress: context.say, signal: context.signal });
    const out = join(scratch, 'root');
    await installBundle({
      image,
      out,
      ...bundleRequest(bundle),
      addMountPoints: true,
    });
    return await use(out);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function ownRoot({ checked, plan }: PreparedBoard, machine: Machine, out: string): Promise<string> {
  const { type } = checked.board.root;
  const { arch } = hardwareFor(checked.board, machine);
  if (type !== 'squashfs' && type !== 'cramfs') {
    throw usageFailure('OVL005', `the lab makes no ${type} root of its own`, '--root IMAGE');
  }
  return (await busyboxRoot({ type, out, arch, files: await repairProgram(plan, arch) })).image;
}
