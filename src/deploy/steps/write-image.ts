/** Writes a root image to its slot as it is read here, and reads back exactly as many bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Command, script, succeeded } from '../../device/device.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { DeployStep, Slot } from '../deployment.ts';
import { checked, type Doing, refused } from './step.ts';

type WriteStep = Extract<DeployStep, { kind: 'write-image' }>;

export async function writeImage(what: Doing, step: WriteStep): Promise<void> {
  if (what.image === undefined) throw new Error('no image to write');
  await checked(what, 'free', [blockName(step.slot)], 'the partition is in use');
  const written = await what.device.run(writing(step.slot), {
    ...what.run,
    // As long as it goes on: flash of 16 MB takes minutes.
    deadlineMs: Number.POSITIVE_INFINITY,
    silenceMs: 300_000,
    stdin: read(what.image, step.bytes, what),
  });
  if (!succeeded(written)) throw new Failure(refused('the image cannot be written', written));
  const found = await readBack(what, step);
  if (found === step.sha256) return;
  throw new Failure({
    code: 'OVL704',
    severity: 'error',
    message: 'the partition does not hold what was written to it',
    because: `read back, its first ${step.bytes} bytes have the SHA-256 ${found}, and should have ${step.sha256}`,
    fix: 'run ovl deploy again; if it stays so, the flash of the board is failing',
  });
}

/** Its name in /sys/class/block, by which the kernel is asked who uses it. */
function blockName(slot: Slot): string {
  return slot.kind === 'mtd' ? `mtdblock${slot.number}` : slot.device.slice('/dev/'.length);
}

/** flashcp wants a file that it can read twice, so the image has to fit into memory there. */
function writing(slot: Slot): Command {
  switch (slot.kind) {
    case 'block':
      return script('[ -b "$1" ] && cat >"$1" && sync', slot.device);
    case 'mtd':
      return slot.writer === 'mtd'
        ? script('mtd write - "$1"', `/dev/mtd${slot.number}`)
        : script(
            'f=/tmp/overlaykit-image.$$; trap "rm -f $f" EXIT; cat >"$f" && flashcp "$f" "$1"',
            `/dev/mtd${slot.number}`,
          );
  }
}

async function readBack(what: Doing, step: WriteStep): Promise<string> {
  const { slot, bytes } = step;
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

async function* read(path: string, total: number, what: Doing): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of createReadStream(path)) {
    yield chunk as Uint8Array;
    sent += (chunk as Uint8Array).length;
    what.progress({ what: 'image', sent, total });
  }
}
