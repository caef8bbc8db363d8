/** A line that is slow: so many bytes a second in each direction, as a radio or a serial line has it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface SlowWire {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Longest that bytes wait for others, in milliseconds: pieces are as small as the rate wants. */
const pulseMs = 10;

/** @param rate bytes a second */
export async function slowWire(target: number, rate: number): Promise<SlowWire> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    void pass(near, far, rate);
    void pass(far, near, rate);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Each piece takes the time that it would take on the line; the sender is held back meanwhile. */
async function pass(from: Socket, to: Socket, rate: number): Promise<void> {
  const piece = Math.max(1, Math.floor((rate * pulseMs) / 1000));
  let free = performance.now();
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += piece) {
        const part = chunk.subarray(at, at + piece);
        free = Math.max(free, performance.now()) + (part.length / rate) * 1000;
        const early = free - performance.now();
        if (early > 1) await sleep(early);
        if (to.destroyed) return;
        to.write(part);
      }
    }
    to.end();
  } catch {
    // Either end has gone, and both are closed by that.
  }
}
