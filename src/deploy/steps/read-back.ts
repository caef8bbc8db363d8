/** Whether a partition holds an image: exactly as many bytes are read from it as the image has. */
import { createHash } from 'node:crypto';
import { script } from '../../device/device.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { Slot } from '../deployment.ts';
import { blockName, type Doing } from './step.ts';

interface Expected {
  readonly slot: Slot;
  /** Of the image. */
  readonly bytes: number;
  readonly sha256: string;
}

/** After it was written. @throws Failure OVL704 where it does not hold it */
export async function readBack(what: Doing, expected: Expected): Promise<void> {
  const { bytes, sha256 } = expected;
  const found = await digestOfSlot(what, expected);
  if (found === sha256) return;
  throw new Failure({
    code: 'OVL704',
    severity: 'error',
    message: 'the partition does not hold what was written to it',
    because: `read back, its first ${bytes} bytes have the SHA-256 ${found}, and should have ${sha256}`,
    fix: 'run ovl deploy again; if it stays so, the flash of the board is failing',
  });
}

/** Of the partition that the board runs from. @throws Failure OVL658 where it holds another image, which cannot be replaced there */
export async function runsImage(what: Doing, expected: Expected): Promise<void> {
  const found = await digestOfSlot(what, expected);
  if (found === expected.sha256) return;
  throw new Failure({
    code: 'OVL658',
    severity: 'error',
    message: `${blockName(expected.slot)} is in use, and holds another image`,
    because: `the board runs from it; its first ${expected.bytes} bytes have the SHA-256 ${found}`,
    fix: 'choose the slot that the board does not run from',
    boardState: 'unchanged',
  });
}

async function digestOfSlot(what: Doing, { slot, bytes }: Expected): Promise<string> {
  const hash = createHash('sha256');
  let left = bytes;
  const device = slot.kind === 'mtd' ? `/dev/mtd${slot.number}` : slot.device;
  // What was written is not to be answered from memory.
  const text = 'echo 3 >/proc/sys/vm/drop_caches; head -c "$2" "$1"';
  await what.device.run(script(text, device, String(bytes)), {
    ...what.run,
    deadlineMs: Number.POSITIVE_INFINITY,
    silenceMs: 120_000,
    onStdout: (chunk) => {
      hash.update(chunk.subarray(0, Math.max(0, left)));
      left -= chunk.length;
      what.progress({ what: 'reading back', sent: bytes - Math.max(0, left), total: bytes });
    },
  });
  return left > 0 ? `of only ${bytes - left} bytes` : hash.digest('hex');
}
