/** Whether somebody really wants what takes something away: asked on a terminal, said with --yes in scripts. */
import { visible } from '../diagnostics/escape.ts';
import { ask } from './ask.ts';
import type { Context, Input, Option } from './command.ts';
import { usageFailure } from './usage.ts';

export const yesOption: Option = { flags: '-y, --yes', what: 'do it without asking' };

/** @throws Failure OVL006 where nobody can be asked and --yes was not given; call it before anything else is done */
export function requireSomebody(what: string, input: Input, context: Context): void {
  if (input.flag('yes') || context.interactive) return;
  throw usageFailure('OVL006', `${what}, and nobody can be asked whether that is meant`, '--yes');
}

/** @param question a sentence without its mark: "forget all changes on ar150" */
export async function isSure(question: string, input: Input, context: Context): Promise<boolean> {
  requireSomebody(question, input, context);
  if (input.flag('yes')) return true;
  const text = `${visible(question)}?`;
  const { answer } = await ask({ answer: { text, choices: ['yes', 'no'] } }, context.signal);
  return answer === 'yes';
}
