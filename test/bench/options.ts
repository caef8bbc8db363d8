/** The words of `npm run bench`. Pure. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly boot: boolean;
  readonly wall: boolean;
  readonly why: boolean;
  readonly transfer: boolean;
  readonly reset: boolean;
  readonly helper: boolean;
  /** File that the figures are written to. */
  readonly json?: string;
}

const usage = `npm run bench -- [--only boot|wall|why|transfer|reset|helper] [--json FILE]
  --only boot   what overlay_init adds to a boot
  --only wall   how long ovl status --help, check and build take
  --only why    what each part of overlay_init costs, with JFFS2
  --only transfer  how long files take to a board over SSH, against tar and rsync
  --only reset  how long a factory reset takes, for 0, 100 and 10,000 files
  --only helper  how large overlay_helper is, and how long PID 1 needs to get to init through it
  --json FILE   the figures as JSON too
Without --only: boot and wall.`;

/** What is asked for, or the text for whoever asked wrongly. */
export function readOptions(words: readonly string[]): Options | string {
  try {
    const options = { only: { type: 'string' }, json: { type: 'string' } } as const;
    const { only, json } = parseArgs({ args: [...words], options }).values;
    if (only !== undefined && !['boot', 'wall', 'why', 'transfer', 'reset', 'helper'].includes(only))
      return `--only ${only}?\n${usage}`;
    return {
      boot: only === undefined || only === 'boot',
      wall: only === undefined || only === 'wall',
      why: only === 'why',
      transfer: only === 'transfer',
      reset: only === 'reset',
      helper: only === 'helper',
      ...(json === undefined ? {} : { json }),
    };
  } catch (error) {
    if (error instanceof TypeError) return `${error.message}\n${usage}`;
    throw error;
  }
}
