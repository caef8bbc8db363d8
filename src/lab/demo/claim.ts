/**
 * Claim: one thing that the demo says about a booted board. It is looked up on the board, each time, and the demo ends
 * where it does not hold.
 */
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { Boot } from '../boot.ts';

export interface Claim {
  readonly title: string;
  readonly look: (boot: Boot) => Promise<Seen>;
}

/** What was seen on the board, in words, and whether that is what was claimed. */
export interface Seen {
  readonly text: string;
  readonly holds: boolean;
}

/** Longest time of a look, in milliseconds; booting is waited for by the first. */
export const patience = 180_000;

/**
 * What was seen, where the claim holds.
 * @throws Failure OVL414 where it does not, OVL410 and OVL411 when the board does not answer
 */
export async function prove(claim: Claim, boot: Boot): Promise<string> {
  const { text, holds } = await claim.look(boot);
  if (!holds) throw disproved(`it does not hold that ${claim.title}`, `what is there: ${text}`);
  return text;
}

/** What a command on the board printed, stderr too, without the last line end, however the command ended. */
export async function ask(boot: Boot, command: string): Promise<string> {
  return (await boot.run(command, { timeoutMs: patience })).output.trimEnd();
}

/**
 * Does something on the board.
 * @throws Failure OVL414 when it fails there
 */
export async function act(boot: Boot, command: string): Promise<void> {
  const { output, exitCode } = await boot.run(command, { timeoutMs: patience });
  if (exitCode !== 0) throw disproved(`"${command}" ends with exit code ${exitCode}`, output.trim());
}

function disproved(what: string, because: string): Failure {
  return new Failure({
    code: 'OVL414',
    severity: 'error',
    message: `on the virtual board ${what}`,
    because: because || 'it said nothing',
  });
}
