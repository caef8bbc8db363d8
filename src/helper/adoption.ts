/** What `adopt` says of itself to those who ask: /run/overlaykit/adoption, and a line at the login. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { setLoginLine } from './login-line.ts';
import { isKernelError } from './port.ts';
import type { BoardPort } from './storage-port.ts';

export interface Adoption {
  /** As mount calls it. */
  readonly device: string;
  /** What was copied last, in words; empty where nothing was. */
  readonly copied: string;
  /** Why what has changed since is not copied; empty where it is. */
  readonly trouble: string;
  /** Seconds between the kernel's start and the last look. */
  readonly looked: number;
}

/** Seconds between two looks at the changes. */
export const adoptEvery = 10;
/** A copy may take this many seconds before somebody has to look why. */
const patience = 300;

const file = 'adoption';
const maxBytes = 4096;

export function writeAdoption(port: BoardPort, { device, copied, trouble, looked }: Adoption): void {
  const run = port.openDirectory(boardPaths.runDir);
  try {
    port.writeIn(run, file, `${device}\n${copied}\n${trouble}\n${looked}\n`);
  } finally {
    port.close(run);
  }
}

const sign = 'overlaykit: storage: ';

export function tellAdoption(port: BoardPort, adoption: Adoption): void {
  setLoginLine(port, sign, words(adoption));
}

/** What there is to say of it now; undefined in a boot that adopts nothing. */
export function adoptionWords(port: BoardPort): string | undefined {
  const [device = '', copied = '', trouble = '', looked = ''] = textOf(port).split('\n');
  if (device === '') return undefined;
  const idle = uptime(port) - Number(looked);
  const said = words({ device, copied, trouble, looked: 0 });
  return idle > patience ? `${said}; overlay_helper adopt has not looked for ${idle} s` : said;
}

function textOf(port: BoardPort): string {
  try {
    return port.readFile(`${boardPaths.runDir}/${file}`, maxBytes);
  } catch (error) {
    if (isKernelError(error)) return '';
    throw error;
  }
}

function words({ device, copied, trouble }: Adoption): string {
  const until = `changes are in memory until the next boot, and copied to ${device} every ${adoptEvery} s`;
  const last = `last copy: ${copied === '' ? 'none' : copied}`;
  return `${until}; ${last}${trouble === '' ? '' : `; not copied: ${trouble}`}`;
}

/** Whole seconds since the kernel started. */
export function uptime(port: BoardPort): number {
  return Math.floor(Number(port.readFile('/proc/uptime', 64).split(' ')[0]));
}
