/**
 * How much memory overlay_helper has at the end of what a boot asks of it, and how many instructions that is; on this machine's
 * kernel, without a board. What is for another processor runs in QEMU's emulator of it, whose memory for the program is the
 * program's: of x86_64, which runs both ways, the two differ by a page.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { verifyExit } from '../../src/shared/helper-protocol.ts';
import { verbExit } from '../../src/shared/verb-exit.ts';
import type { HelperMemory } from './helper-case.ts';
import { compiledAt } from './images.ts';
import { countInstructions, countingWords } from './instructions.ts';

export interface ResidentOptions {
  readonly helper: string;
  /** Words that come before the program's path where this machine does not run it by itself. */
  readonly emulator: readonly string[];
  /** Whether its processor executes the instruction behind a branch with it. */
  readonly delaySlots: boolean;
  /** Text of plan.json of a board with a rung "tmpfs". */
  readonly plan: string;
  /** A folder; what is made there is removed. */
  readonly work: string;
  readonly signal: AbortSignal;
}

export interface Resident {
  readonly memory: readonly HelperMemory[];
  /** In user space, for `verify`. */
  readonly instructions: number;
}

/** Where an emulator of qemu-user is told to put the memory of what it runs, far from its own. */
const guest = { base: 0x1000_0000_0000, bytes: 0x100_0000_0000 } as const;

/**
 * Verifies a union as a boot does, and asks for a verb that there is not, which all verbs are loaded for.
 * @throws Error where a verb does not end as it should; its figures would be those of something else
 */
export async function residentMemory(options: ResidentOptions): Promise<Resident> {
  const { helper, emulator } = options;
  const folder = await mkdtemp(join(options.work, 'resident-'));
  try {
    for (const name of ['lower', 'lower/sbin', 'memory']) await mkdir(join(folder, name));
    // verify looks whether init is a program that this processor can run.
    await execa('cp', [helper, join(folder, 'lower/sbin/init')]);
    const plan = join(folder, 'plan.json');
    await writeFile(plan, options.plan);
    const program = await compiledAt('resident', folder);
    const usual = { cancelSignal: options.signal, stdin: 'ignore' } as const;
    const measured = async (words: readonly string[], code: number): Promise<HelperMemory> => {
      const all = [folder, ...inItsMemory(emulator), helper, ...words];
      const { stdout, stderr } = await execa(program, all, usual);
      return parseResident(words[0] ?? '', code, stdout, stderr);
    };
    const counted = async (words: readonly string[], code: number): Promise<number> => {
      const counting = [...(emulator.length > 0 ? emulator : ownEmulator), ...countingWords];
      const all = [folder, ...everywhere, ...counting, helper, ...words];
      // The log has some hundred bytes for each instruction.
      const process = execa(program, all, { ...usual, buffer: { stdout: true, stderr: false } });
      const [log, { stdout }] = await Promise.all([
        countInstructions(process.stderr, options.delaySlots),
        process,
      ]);
      parseResident(words[0] ?? '', code, stdout, log.said);
      return log.instructions;
    };
    const verify = ['verify', plan, 'tmpfs'];
    return {
      memory: [await measured(verify, verifyExit.fit), await measured(['nothing'], verbExit.usage)],
      instructions: await counted(verify, verifyExit.fit),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Instructions are counted by an emulator here too. */
const ownEmulator = ['qemu-x86_64-static'] as const;

const everywhere = ['0', 'ffffffffffffffff'] as const;

/** The words before the program for resident.c: whose memory counts, and what runs the program. */
function inItsMemory(emulator: readonly string[]): readonly string[] {
  if (emulator.length === 0) return everywhere;
  const end = guest.base + guest.bytes;
  return [guest.base.toString(16), end.toString(16), ...emulator, '-B', `0x${guest.base.toString(16)}`];
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
