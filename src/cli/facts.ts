/** Where a command has its facts from: a board, or a file that was recorded earlier. */
import type { Facts } from '../device/facts/facts.ts';
import { probe } from '../device/facts/probe.ts';
import { factsLimit, readRecordedFacts } from '../device/facts/recorded.ts';
import { unwrap } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import { readInput } from '../system/files.ts';
import type { Context, Input, Option } from './command.ts';
import { requireHost, type Target, withDevice } from './device.ts';
import { usageFailure } from './usage.ts';

export const factsOption: Option = {
  flags: '--facts <FILE>',
  what: 'facts that ovl probe recorded, instead of asking a board',
  completion: 'file',
};

export const scratchOption: Option = {
  flags: '--scratch <DIR>',
  what: 'try a union in a directory on its storage; the only thing that writes, and removed again',
  completion: 'none',
};

export interface FactsWanted {
  /** The HOST that was typed. */
  readonly host?: string | undefined;
  readonly target?: Target | undefined;
  /** Paths on the board that are looked at too. */
  readonly paths?: readonly string[];
}

export interface FoundFacts {
  /** The host, or the file. */
  readonly from: string;
  readonly facts: Facts;
}

/** @throws Failure where the board cannot be asked, or the file is none */
export async function factsFor(
  { host, target, paths = [] }: FactsWanted,
  input: Input,
  context: Context,
): Promise<FoundFacts> {
  const file = input.value('facts');
  if (file !== undefined) {
    return { from: file, facts: unwrap(readRecordedFacts(file, await readInput(file, factsLimit))) };
  }
  const name = requireHost(host, context, target);
  const scratch = scratchOf(input.value('scratch'));
  context.say(`asking ${visible(name)}`);
  const facts = await withDevice(
    name,
    input,
    context,
    (device) =>
      probe(device, { paths, signal: context.signal, ...(scratch === undefined ? {} : { scratch }) }),
    target,
  );
  return { from: name, facts };
}

/** A path that can stand in the options of a mount: there a comma or a colon would begin another one. */
function scratchOf(text: string | undefined): string | undefined {
  if (text === undefined || /^\/[A-Za-z0-9._/-]*$/.test(text)) return text;
  throw usageFailure(
    'OVL004',
    `--scratch is "${visible(text)}"`,
    'an absolute path of letters, digits, ".", "_" and "-"',
  );
}
