/**
 * U-Boot's environment, as fw_printenv prints it: lines NAME=VALUE in; lines "NAME VALUE" out, what has to be set, in this order;
 * the last one counts. A name alone is deleted. `bootargs` is what the kernel gets where no script of the environment makes another.
 */
import { type Edited, type KernelWords, type Loader, type Made, setWords, wordOf } from './loader.ts';

const argumentsName = 'bootargs';
const keptName = 'overlaykit_bootargs';
const countName = 'bootcount';
const upgradeName = 'upgrade_available';

export const uBoot: Loader = { kind: 'u-boot', paths: ['fw_setenv'], edit, undo, read, settle };

/** Sets the words, and keeps the old line in a variable of its own, where altbootcmd finds it too. */
function edit(text: string, words: KernelWords): Edited {
  const variables = environment(text);
  const before = variables.get(argumentsName);
  if (before === undefined) return { problem: `has no variable ${argumentsName}` };
  // Where a script of the environment builds the command line, what is written here would be overwritten at the next boot.
  // What boots after too many boots has to: it goes back to the old one.
  const builder = [...variables].find(
    ([name, value]) => name !== 'altbootcmd' && /\bsetenv\s+bootargs\b/.test(value),
  );
  if (builder !== undefined)
    return { problem: `builds ${argumentsName} anew at every boot, in ${builder[0]}` };
  // While a trial goes on, the line before it is the one to go back to.
  const isTrial = counts(variables) && variables.get(upgradeName) === '1' && variables.has(keptName);
  const kept = isTrial ? [] : [`${keptName} ${before}`];
  const all = [...kept, ...trial(variables), `${argumentsName} ${setWords(before, words)}`];
  return { text: lines(all) };
}

/** The command line first: with it the old system boots, whatever the counters say. */
function undo({ now, from, to }: Made): string | undefined {
  const [before, present] = [environment(from), environment(now)];
  const set = new Map(to.split('\n').map(nameAndValue));
  const isOurs = [before.get(argumentsName), set.get(argumentsName)].includes(present.get(argumentsName));
  if (!isOurs) return undefined;
  const names = [...set.keys()].filter((name) => name !== '').toReversed();
  return lines(
    names.flatMap((name) => {
      const value = before.get(name);
      return value === present.get(name) ? [] : [value === undefined ? name : `${name} ${value}`];
    }),
  );
}

/** No further boots are counted, or what they are counted for would go back to something older. */
function settle(text: string): string {
  const variables = environment(text);
  const isOn = (name: string): boolean => !['', '0', undefined].includes(variables.get(name));
  return lines([upgradeName, countName].filter(isOn).map((name) => `${name} 0`));
}

function nameAndValue(line: string): readonly [string, string] {
  const [name = ''] = line.split(' ', 1);
  return [name, line.slice(name.length + 1)];
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function read(text: string, word: string): string | undefined {
  return wordOf(environment(text).get(argumentsName) ?? '', word);
}

/** Where the board counts boots and has something else to boot, it counts these too. */
function trial(variables: ReadonlyMap<string, string>): readonly string[] {
  return counts(variables) ? [`${countName} 0`, `${upgradeName} 1`] : [];
}

/** Whether boots are counted, and something else boots after too many. */
export function counts(variables: ReadonlyMap<string, string>): boolean {
  return ['bootlimit', 'altbootcmd', upgradeName].every((name) => variables.has(name));
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

/** What fw_printenv and fw_setenv are told of where the environment is: a file, where the path is one. */
export function environmentWords(path: string): readonly string[] {
  return path.startsWith('/') ? ['-c', path] : [];
}
