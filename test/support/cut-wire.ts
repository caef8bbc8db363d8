/** A connection that breaks at a chosen byte. */
import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { listener } from './hostile-ssh.ts';

export interface Wire {
  readonly port: number;
  /** Bytes of both directions since the last reset. */
  readonly passed: () => number;
  readonly cutAfter: (bytes: number) => void;
}

/** A wire that is cut for good after so many bytes, in the middle of whatever is on it. */
export async function wire(t: ExecutionContext, target: number): Promise<Wire> {
  let passed = 0;
  let limit = Number.POSITIVE_INFINITY;
  const port = await listener(t, (near) => {
    const far = connect(target, '127.0.0.1');
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', end).on('close', end);
      from.on('data', (chunk: Buffer) => {
        const rest = Math.max(0, limit - passed);
        passed += chunk.length;
        to.write(chunk.subarray(0, rest));
        if (chunk.length >= rest) end();
      });
    }
  });
  return {
    port,
    passed: () => passed,
    cutAfter: (bytes) => {
      passed = 0;
      limit = bytes;
    },
  };
}
