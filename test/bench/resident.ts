/** How much memory overlay_helper has at the end of what a boot asks of it; on this machine's kernel, without a board. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { verifyExit } from '../../src/shared/helper-protocol.ts';
import { verbExit } from '../../src/shared/verb-exit.ts';
import type { HelperMemory } from './helper-case.ts';
import { compiledAt } from './images.ts';

export interface ResidentOptions {
  /** Program that this machine can run. */
  readonly helper: string;
  /** Text of plan.json of a board with a rung "tmpfs". */
  readonly plan: string;
  /** A folder; what is made there is removed. */
  readonly work: string;
  readonly signal: AbortSignal;
}

/**
 * Verifies a union as a boot does, and asks for a verb that there is not, which all verbs are loaded for.
 * @throws Error where a verb does not end as it should; its memory would be that of something else
 */
export async function residentMemory(options: ResidentOptions): Promise<readonly HelperMemory[]> {
  const folder = await mkdtemp(join(options.work, 'resident-'));
  try {
    for (const name of ['lower', 'lower/sbin', 'memory']) await mkdir(join(folder, name));
    // verify looks whether init is a program that this processor can run.
    await execa('cp', [options.helper, join(folder, 'lower/sbin/init')]);
    const plan = join(folder, 'plan.json');
    await writeFile(plan, options.plan);
    const program = await compiledAt('resident', folder);
    const measured = async (words: readonly string[], code: number): Promise<HelperMemory> => {
      const { stdout, stderr } = await execa(program, [folder, options.helper, ...words], {
        cancelSignal: options.signal,
        stdin: 'ignore',
      });
      return parseResident(words[0] ?? '', code, stdout, stderr);
    };
    return [
      await measured(['verify', plan, 'tmpfs'], verifyExit.fit),
      await measured(['nothing'], verbExit.usage),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * What resident.c prints behind what the verb printed: "CODE RSS ANONYMOUS". Pure.
 * @throws Error where the verb ended with another code, or nothing was measured
 */
export function parseResident(verb: string, code: number, stdout: string, stderr: string): HelperMemory {
  const [, ended, resident, anonymous] = /^(\d+) (\d+) (\d+)$/m.exec(stdout) ?? [];
  if (Number(ended) !== code)
    throw new Error(`overlay_helper ${verb} ended with ${ended}, and not with ${code}: ${stdout}${stderr}`);
  return { verb, residentKiB: Number(resident), anonymousKiB: Number(anonymous) };
}
