/** SHA-256 of files on the board: by its own sha256sum, else by reading them back. */
import { createHash } from 'node:crypto';
import { program, succeeded } from '../../device/device.ts';
import { runDeploy } from '../look.ts';
import type { Doing } from './step.ts';

/** @returns by names; without those of files that are not there or cannot be read */
export async function digestsOnBoard(
  what: Doing,
  folder: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const outcome = await runDeploy(what.device, 'digests', [folder, ...names], what.run);
  const lines = outcome.stdout.toString('latin1').trimEnd().split('\n');
  const found = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const digest = succeeded(outcome)
      ? /^([0-9a-f]{64})\b/.exec(lines[index] ?? '')?.[1]
      : await digestByReading(what, `${folder}/${name}`);
    if (digest !== undefined) found.set(name, digest);
  }
  return found;
}

async function digestByReading(what: Doing, path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  const outcome = await what.device.run(program('cat', path), {
    ...what.run,
    onStdout: (chunk) => void hash.update(chunk),
  });
  return succeeded(outcome) ? hash.digest('hex') : undefined;
}
