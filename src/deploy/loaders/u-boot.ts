/**
 * U-Boot's environment, as fw_printenv prints it: lines NAME=VALUE in; lines "NAME VALUE" out, what has to be set, in this order;
 * the last one counts. A name alone is deleted. `bootargs` is what the kernel gets where no script of the environment makes another.
 */
import { type Edited, type KernelWords, type Loader, setWords, wordOf } from './loader.ts';

const argumentsName = 'bootargs';
const keptName = 'overlaykit_bootargs';

export const uBoot: Loader = { kind: 'u-boot', paths: ['fw_setenv'], edit, undo, read };

/** Sets the words, and keeps the old line in a variable of its own. */
function edit(text: string, words: KernelWords): Edited {
  const variables = environment(text);
  const before = variables.get(argumentsName);
  if (before === undefined) return { problem: `has no variable ${argumentsName}` };
  // Where a script of the environment builds the command line, what is written here would be overwritten at the next boot.
  const builder = [...variables].find(([, value]) => /\bsetenv\s+bootargs\b/.test(value));
  if (builder !== undefined)
    return { problem: `builds ${argumentsName} anew at every boot, in ${builder[0]}` };
  const kept = variables.has(keptName) ? [] : [`${keptName} ${before}`];
  const lines = [...kept, ...trial(variables), `${argumentsName} ${setWords(before, words)}`];
  return { text: `${lines.join('\n')}\n` };
}

function undo(text: string): string {
  const variables = environment(text);
  const before = variables.get(keptName);
  if (before === undefined) return '';
  return `${argumentsName} ${before}\n${keptName}\n`;
}

function read(text: string, word: string): string | undefined {
  return wordOf(environment(text).get(argumentsName) ?? '', word);
}

/** Where the board counts boots and has something else to boot, it counts these too. */
function trial(variables: ReadonlyMap<string, string>): readonly string[] {
  const counts =
    variables.has('bootlimit') && variables.has('altbootcmd') && variables.has('upgrade_available');
  return counts ? ['bootcount 0', 'upgrade_available 1'] : [];
}

/** The first line of each variable: values with line feeds are not ours to touch. */
export function environment(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}
