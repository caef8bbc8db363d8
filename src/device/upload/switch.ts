/** The last writes of an upload. What the board does after them, deleting and the stamp, is waited for by nobody. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { Inventory } from './inventory.ts';
import { hasCheapNames, tellsWrites } from './mounted.ts';
import type { Place } from './place.ts';
import { switchScript } from './scripts.ts';
import { isUntouched } from './seen.ts';
import { fewestSpared, mostStamped, stampLines } from './stamp.ts';
import type { UploadEntry } from './tree.ts';
import { uploadFailure } from './trouble.ts';

/** What a stamp is made of. */
export interface Stamping {
  readonly tree: ReadonlyMap<string, UploadEntry>;
  readonly after: Inventory;
}

export interface Switching {
  /** When the destination is the new folder, durably. Rejected with OVL540 to OVL544, state unknown, and the connection's. */
  readonly switched: Promise<void>;
  /** When the board has deleted and noted what there was to, or nobody hears of it any more. Never rejected. */
  readonly settled: Promise<void>;
}

/**
 * Makes the staged folder the destination. The session goes on after that, on the board alone where the connection is closed.
 * @param stamping undefined where the folder gets no stamp
 */
export function switchOver(place: Place, stamping: Stamping | undefined): Switching {
  let stdout = '';
  const isSwitched = (): boolean => stdout.includes(`${place.mark} switched\n`);
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const ended = place
    .run(switchScript, [], {
      boardState: 'unknown',
      onStdout: (chunk) => {
        stdout += Buffer.from(chunk).toString('latin1');
        if (isSwitched()) tell();
      },
      ...(stamping === undefined ? {} : { stdin: stampFor(stamping) }),
    })
    .then(({ stderr }) => {
      if (!isSwitched()) throw notSwitched(uploadFailure(place.dest, { stdout, stderr }, place.mark, 0));
    });
  return { switched: Promise.race([told, ended]), settled: ended.catch(() => {}) };
}

/** What went wrong, where the board may have switched or not. */
export function notSwitched(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  return new Failure(
    error.diagnostics.map((one) => ({ ...one, boardState: 'unknown' })),
    { cause: error },
  );
}

/** The stamp's lines, made while the board is at the switch; nothing where the folder gets none. */
export async function* stampFor({
  tree,
  after: { seen, form, digest },
}: Stamping): AsyncGenerator<Uint8Array> {
  if (seen === undefined || form === undefined || tree.size > mostStamped) return;
  if (!tellsWrites(seen.mounts, seen.folder) || !isUntouched(seen.listing, form, tree)) return;
  const spare = tree.size >= fewestSpared && hasCheapNames(seen.mounts, seen.folder);
  const lines = stampLines(seen.listing, form, digest, tree, spare);
  if (lines !== undefined) yield lines;
}
