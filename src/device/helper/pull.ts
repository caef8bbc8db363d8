/** The upper of a board as a tar, streamed, and believed only when all that was sent has arrived. */
import { crc32 } from 'node:zlib';
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { Device } from '../device.ts';
import { callPresentHelper } from './call.ts';

export interface Pulled {
  readonly entries: number;
  readonly bytes: number;
  /** What the archive does not have as the board has it, in the board's words. */
  readonly complaints: readonly string[];
}

export interface PullOptions {
  /** A generation by number or name; the running one where none is given. */
  readonly generation?: string | undefined;
  readonly signal: AbortSignal;
  readonly sink: (bytes: Uint8Array) => Promise<void>;
  /** Most bytes that are taken. */
  readonly limit: number;
}

/** Flash that is busy with itself may say nothing for a while; not longer. */
const silenceMs = 60_000;

/** @throws Failure OVL5xx, OVL62x; OVL626 where less or other bytes arrived than were sent; what the sink throws */
export async function pullUpper(
  device: Device,
  { generation, signal, sink, limit }: PullOptions,
): Promise<Pulled> {
  let [bytes, sum] = [0, 0];
  const answer = await callPresentHelper(device, generation === undefined ? ['pull'] : ['pull', generation], {
    effect: 'looks',
    signal,
    deadlineMs: Number.POSITIVE_INFINITY,
    silenceMs,
    onStdout: async (chunk) => {
      bytes += chunk.length;
      if (bytes > limit)
        throw incomplete(device.name, `more than ${limit} bytes came`, 'give a higher --limit');
      sum = crc32(chunk, sum);
      await sink(chunk);
    },
  });
  const said = answer.complaints.map((line) => line.replace(/^overlay_helper: pull: /, ''));
  const end = /^entries=(\d{1,12}) bytes=(\d{1,15}) crc32=([0-9a-f]{8})$/.exec(said.at(-1) ?? '');
  if (end === null) throw incomplete(device.name, 'the board did not say what it has sent');
  if (Number(end[2]) !== bytes)
    throw incomplete(device.name, `the board sent ${end[2]} bytes, and ${bytes} arrived`);
  if (end[3] !== sum.toString(16).padStart(8, '0'))
    throw incomplete(device.name, 'what arrived has another checksum than what was sent');
  return { entries: Number(end[1]), bytes, complaints: said.slice(0, -1) };
}

function incomplete(name: string, because: string, fix = 'do it again'): Failure {
  return new Failure({
    code: 'OVL626',
    severity: 'error',
    message: `the writable layer of ${name} did not arrive whole`,
    because,
    fix,
    boardState: 'unchanged',
  });
}
