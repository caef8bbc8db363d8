/**
 * How long a thousand files take to a board: our upload against `tar c | ssh tar x` and `rsync -a`, on loopback, to one
 * dropbear. Every way takes its turn in each round, so that what else the machine does falls on all of them alike.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeServer, type SshServer, startServer } from '../support/ssh-servers.ts';
import { boardImage } from './board-image.ts';
import { wholeMs } from './proc-stat.ts';
import { processor } from './processor.ts';
import { waysTo } from './transfer-ways.ts';

export interface TransferRow {
  readonly way: string;
  /** The way that it is compared with, and how many times its time is the aim at most. */
  readonly against?: string;
  readonly aim?: number;
  /** The way that only logs in as this one does. */
  readonly login?: string;
  /** Milliseconds of each round: with the connection, and without where it can be told apart. */
  readonly wallMs: readonly number[];
  readonly afterLoginMs: readonly number[];
  /** Processor milliseconds of each round: of this side with what it starts, and of the server with what it starts. */
  readonly hereMs: readonly number[];
  readonly boardMs: readonly number[];
}

export interface TransferOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** The boards' storage is in memory: nobody's disk is measured, while writing through costs what the file system does for it. */
export const memory = '/dev/shm';
/** A server reaps a session's processes a little after it has ended. */
const reapMs = 50;

/** The first round, which fills the caches, does not count. */
export async function benchTransfer({
  work,
  rounds,
  signal,
}: TransferOptions): Promise<readonly TransferRow[]> {
  const rootImage = await boardImage(join(work, 'board.img'));
  const server = await startServer({ kind: 'dropbear', rootImage, under: memory });
  try {
    const ways = await waysTo(server, work, signal);
    const rows = ways.map(({ before, run, ...way }) => ({
      ...way,
      wallMs: [] as number[],
      afterLoginMs: [] as number[],
      hereMs: [] as number[],
      boardMs: [] as number[],
    }));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { before, run }] of ways.entries()) {
        signal.throwIfAborted();
        await before();
        const spent = await meter(server);
        const start = performance.now();
        const after = await run();
        const wall = performance.now() - start;
        const { here, board } = await spent();
        const row = rows[index];
        if (round === 0 || row === undefined) continue;
        row.wallMs.push(wall);
        row.hereMs.push(here);
        row.boardMs.push(board);
        if (after !== undefined) row.afterLoginMs.push(after);
      }
    }
    return rows;
  } finally {
    await removeServer(server);
  }
}

/** Processor milliseconds from now on. */
async function meter(server: SshServer): Promise<() => Promise<{ here: number; board: number }>> {
  const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'latin1');
  const read = async (): Promise<number> =>
    wholeMs(await readFile(`/proc/${Number(children.split(' ')[0])}/stat`, 'latin1'));
  await sleep(reapMs);
  const [here, board] = [await processor(), await read()];
  return async () => {
    const spent = (await processor()) - here;
    await sleep(reapMs);
    return { here: spent, board: (await read()) - board };
  };
}
