/** Writes a root image to its slot as it is read here, and reads back exactly as many bytes. */
import { createReadStream } from 'node:fs';
import { type Command, script, succeeded } from '../../device/device.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { DeployStep, Slot } from '../deployment.ts';
import { readBack } from './read-back.ts';
import { blockName, checked, type Doing, refused } from './step.ts';

type WriteStep = Extract<DeployStep, { kind: 'write-image' }>;

export async function writeImage(what: Doing, step: WriteStep): Promise<void> {
  if (what.image === undefined) throw new Error('no image to write');
  const { slot } = step;
  // Once more, at the last moment: the board was looked at minutes ago.
  const same = slot.kind === 'mtd' ? [String(slot.bytes), slot.name] : [String(slot.bytes / 1024)];
  await checked(what, 'same', [blockName(slot), ...same], 'the partition is not the one that was looked at');
  await checked(what, 'free', [blockName(slot)], 'the partition is in use');
  const written = await what.device.run(writing(step.slot), {
    ...what.run,
    // As long as it goes on: flash of 16 MB takes minutes.
    deadlineMs: Number.POSITIVE_INFINITY,
    silenceMs: 300_000,
    stdin: read(what.image, step.bytes, what),
  });
  if (!succeeded(written)) throw new Failure(refused('the image cannot be written', written));
  await readBack(what, step);
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

async function* read(path: string, total: number, what: Doing): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of createReadStream(path)) {
    yield chunk as Uint8Array;
    sent += (chunk as Uint8Array).length;
    what.progress({ what: 'image', sent, total });
  }
}
