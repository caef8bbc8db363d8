/** What overlay_init has written of this boot: /run/overlaykit/status.json. */

import { boardPaths } from '../shared/helper-protocol.ts';
import { isRecord } from './plan.ts';
import { isKernelError } from './port.ts';
import type { BoardPort } from './storage-port.ts';
import { Refused, reason } from './trouble.ts';

export interface BootStatus {
  readonly board: string;
  readonly plan: string;
  readonly rung: string;
  /** The generation that was booted; undefined on a rung that has none. */
  readonly booted: number | undefined;
  /** What asked for the factory reset that was done in this boot; empty where none was. */
  readonly reset: string;
  /** The storage device that was found; empty where none was. */
  readonly device: string;
  /** What was repaired on it in this boot; empty where nothing was. */
  readonly repaired: string;
  /** Name of the release that booted; empty where the root holds none. */
  readonly release: string;
  /** Why rungs above were given up. */
  readonly reasons: readonly string[];
  /** What else was wrong. */
  readonly notes: readonly string[];
}

const maxBytes = 64 * 1024;
const maxDepth = 4;

/**
 * Reads it.
 * @throws Refused where there is none, or it is not one
 */
export function readBootStatus(port: BoardPort): BootStatus {
  const path = boardPaths.status;
  const found = parsed(port, path);
  if (!isRecord(found)) throw new Refused(`${path} is not the status of a boot`);
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const { reasons, notes } = found;
  return {
    board: text(found.board),
    plan: text(found.plan),
    rung: text(found.rung),
    booted: generationNumber(text(found.generation)),
    reset: text(found.reset),
    device: text(found.storage),
    repaired: text(found.repaired),
    release: text(found.release),
    reasons: Array.isArray(reasons) ? reasons.map(text) : [],
    notes: Array.isArray(notes) ? notes.map(text) : [],
  };
}

function parsed(port: BoardPort, path: string): unknown {
  try {
    return port.readJson(path, maxBytes, maxDepth);
  } catch (error) {
    const what = isKernelError(error)
      ? `cannot read ${path}: was this boot made by overlay_init?`
      : `cannot read ${path}`;
    throw new Refused(reason(what, error));
  }
}

/** A number of a generation as it is written in names: digits, at most nine, without leading zeros. */
export function generationNumber(text: string): number | undefined {
  if (text.length === 0 || text.length > 9 || text.charAt(0) === '0') return undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character < '0' || character > '9') return undefined;
  }
  return Number(text);
}
