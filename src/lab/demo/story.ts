/** What happened to one file of a board, moment by moment and layer by layer: what the demo's picture is drawn from. */
import type { Boot } from '../boot.ts';
import { type Claim, patience } from './claim.ts';

/** The file that the demo changes. */
export const storyFile = '/etc/hostname';

/** What each layer has in the file; undefined where it has no such file. */
export interface Moment {
  readonly title: string;
  readonly merged: string | undefined;
  readonly storage: string | undefined;
  readonly base: string | undefined;
}

export interface Story {
  readonly board: string;
  readonly file: string;
  /** File systems and sizes of the layers, as read on the board. */
  readonly layers: { readonly merged: string; readonly storage: string; readonly base: string };
  /** As read on the board. */
  readonly moments: readonly Moment[];
}

/** Reads the file from all three places of the booted board. */
async function seeMoment(boot: Boot, title: string): Promise<Moment> {
  const read = async (path: string): Promise<string | undefined> => {
    const { output, exitCode } = await boot.run(`cat ${path}`, { timeoutMs: patience });
    return exitCode === 0 ? output.trimEnd() : undefined;
  };
  return {
    title,
    merged: await read(storyFile),
    storage: await read(`${await upperdir(boot)}${storyFile}`),
    base: await read(`/rom${storyFile}`),
  };
}

/** Where the writable layer of the merged root is, as the kernel says it. */
async function upperdir(boot: Boot): Promise<string> {
  const root = (await boot.mountTable({ timeoutMs: patience })).findLast(({ target }) => target === '/');
  const option = root?.superOptions.find((one) => one.startsWith('upperdir='));
  return option?.slice('upperdir='.length) ?? '/no-upperdir';
}

/** That the file has, in the merged root and in each layer, what it must have at this moment. */
export function momentClaim(expected: Moment, saw: (moment: Moment) => void): Claim {
  return {
    title: storyFile,
    look: async (boot) => {
      const moment = await seeMoment(boot, expected.title);
      saw(moment);
      const { merged, storage, base } = moment;
      return {
        text: `${merged ?? 'missing'} (storage ${storage ?? '-'}, /rom ${base ?? '-'})`,
        holds: merged === expected.merged && storage === expected.storage && base === expected.base,
      };
    },
  };
}
