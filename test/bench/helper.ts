/** overlay_helper by itself: how large it is, how much memory it has, and how long PID 1 needs to get to init through it. */
import { buildHelper } from '../../src/toolchain/helper.ts';
import { type Architecture, targets } from '../../src/toolchain/targets.ts';
import { emulators } from '../support/emulators.ts';
import { storages } from './case.ts';
import { goalArch, type HelperFigures, type HelperSizeRow } from './helper-case.ts';
import { bytesInImage } from './helper-size.ts';
import { preparedBoard } from './images.ts';
import { residentMemory } from './resident.ts';
import { benchWays, type WaysOptions } from './ways.ts';

export const helperArchitectures = Object.keys(targets) as readonly Architecture[];

/**
 * Builds the helper for every architecture, where the cache does not have it, and measures.
 * @throws Failure OVL451 to OVL459 where a helper cannot be built; Error where what is measured does not do what it should
 */
export async function benchHelper(options: WaysOptions): Promise<HelperFigures> {
  const sizes: HelperSizeRow[] = [];
  for (const arch of helperArchitectures) {
    const row = await sizeRow(arch, options);
    options.say(`${arch}: ${row.bytes} bytes, ${row.xzBytes} as xz`);
    sizes.push(row);
  }
  sizes.push(await verbsRow(options));
  return { sizes, ways: await benchWays(options) };
}

/** What the verbs of the running board take beside each of them: one file, the same for all. */
async function verbsRow({ work }: WaysOptions): Promise<HelperSizeRow> {
  const { verbs } = await buildHelper({ arch: goalArch, crossCompile: '' });
  return {
    arch: 'verbs, for all',
    bytes: verbs.bytes,
    xzBytes: await bytesInImage(verbs.path, 'xz', work),
    gzipBytes: await bytesInImage(verbs.path, 'gzip', work),
  };
}

async function sizeRow(arch: Architecture, { work, signal, say }: WaysOptions): Promise<HelperSizeRow> {
  // Not by a compiler that CROSS_COMPILE names: it is for one processor at most.
  const { path, bytes } = await buildHelper({ arch, crossCompile: '', progress: say });
  const row = {
    arch,
    bytes,
    xzBytes: await bytesInImage(path, 'xz', work),
    gzipBytes: await bytesInImage(path, 'gzip', work),
  };
  const { planText } = await preparedBoard(storages.tmpfs.boardFile, true);
  const measured = await residentMemory({
    helper: path,
    emulator: emulators[arch] ?? [],
    delaySlots: arch.startsWith('mips'),
    plan: planText,
    work,
    signal,
  });
  return { ...row, ...measured };
}
