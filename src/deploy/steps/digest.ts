/** SHA-256 of a file on the board: by its own sha256sum, else by reading it back. */
import { createHash } from 'node:crypto';
import { program, succeeded } from '../../device/device.ts';
import { runDeploy } from '../look.ts';
import type { Doing } from './step.ts';

/** @returns undefined where there is no such file */
export async function digestOnBoard(what: Doing, path: string): Promise<string | undefined> {
  const outcome = await runDeploy(what.device, 'digest', [path], what.run);
  const digest = /^([0-9a-f]{64})\b/.exec(outcome.stdout.toString('latin1'))?.[1];
  if (digest !== undefined) return digest;
  if (succeeded(outcome)) return undefined;
  return digestByReading(what, path);
}

async function digestByReading(what: Doing, path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  const outcome = await what.device.run(program('cat', path), {
    ...what.run,
    onStdout: (chunk) => void hash.update(chunk),
  });
  return succeeded(outcome) ? hash.digest('hex') : undefined;
}
