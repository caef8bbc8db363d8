/** From the board file to what the virtual board boots: the way that every board goes, told step by step. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize } from '../../board/units.ts';
import type { Bundle } from '../../bundle/bundle.ts';
import { unwrap } from '../../diagnostics/diagnostic.ts';
import { bundleRequest, installBundle } from '../../image/index.ts';
import { packageRoot } from '../../system/package-root.ts';
import { bundleBoard } from '../../toolchain/bundle-board.ts';
import { type PreparedBoard, prepareBoard } from '../../toolchain/prepare-board.ts';
import { busyboxRoot } from '../roots/busybox.ts';
import type { Say, Teller } from './teller.ts';

export interface BuiltBoard {
  readonly name: string;
  readonly prepared: PreparedBoard;
  readonly rootImage: string;
  /** Where its storage is kept from boot to boot. */
  readonly storageImage: string;
}

/** @throws Failure of whatever part of the way cannot be gone */
export async function buildBoard(
  name: string,
  folder: string,
  { step, detail }: Teller,
  signal: AbortSignal,
): Promise<BuiltBoard> {
  const file = join(packageRoot(), 'board-configs', `${name}.yaml`);
  const [firmware, rootImage] = [join(folder, `${name}.firmware`), join(folder, `${name}.root`)];
  await step(`Build ${name}`, async (say) => say(`from board-configs/${name}.yaml`));
  const prepared = await detail('plan', (say) => plan(file, say));
  const bundle = await detail('bundle', (say) => makeBundle(prepared, say, signal));
  await detail('firmware as it came', (say) => makeFirmware(firmware, say));
  await detail('firmware with the bundle in it', (say) => install(bundle, firmware, rootImage, say));
  await rm(firmware);
  return { name, prepared, rootImage, storageImage: join(folder, `${name}.storage`) };
}

async function plan(file: string, say: Say): Promise<PreparedBoard> {
  const prepared = unwrap(await prepareBoard(file));
  const { ladder, prepare } = prepared.plan;
  const steps = ladder.reduce((sum, rung) => sum + rung.steps.length, prepare.length);
  say(`${steps} steps, a ladder of ${ladder.length} rungs`);
  return prepared;
}

/** The helper is compiled where the cache does not have it. */
async function makeBundle(prepared: PreparedBoard, say: Say, signal: AbortSignal): Promise<Bundle> {
  const bundle = await bundleBoard(prepared, { progress: say, signal });
  const bytes = bundle.files.reduce((sum, { content }) => sum + content.length, 0);
  say(`overlay_init, plan, helper: ${formatSize(bytes)}`);
  return bundle;
}

async function makeFirmware(out: string, say: Say): Promise<void> {
  const { bytes } = await busyboxRoot({ type: 'squashfs', out });
  say(`squashfs, ${formatSize(bytes)}, busybox inside`);
}

async function install(bundle: Bundle, image: string, out: string, say: Say): Promise<void> {
  const report = await installBundle({
    image,
    out,
    ...bundleRequest(bundle),
    addMountPoints: false,
  });
  say(`squashfs, ${formatSize(report.bytesAfter)}, ${report.added.length} new files`);
}
