/**
 * Loader: how one boot loader is told which init the kernel executes. Each is a pair of pure functions on the text of its
 * configuration; the old text of what is changed stays in it, or beside it.
 */
import type { BootLoaderKind } from '../../shared/boot-loader.ts';

export type LoaderKind = BootLoaderKind;

/** Words of the kernel command line by name: `init`, `root`, `rootfstype`. */
export type KernelWords = Readonly<Record<string, string>>;

/** The new text, or why there is none, as the rest of a sentence about the file. */
export type Edited = { readonly text: string } | { readonly problem: string };

/** An edit that was made, and the text as it is now. */
export interface Made {
  readonly now: string;
  readonly from: string;
  /** What edit() gave for `from`. */
  readonly to: string;
}

export interface Loader {
  readonly kind: LoaderKind;
  /** Paths on the board that it may read, most usual first. */
  readonly paths: readonly string[];
  /** Sets the words in every entry that boots. Editing twice gives the same text as editing once. */
  readonly edit: (text: string, words: KernelWords) => Edited;
  /** What is to be written so that it says again what `from` said; undefined where somebody has changed it since. */
  readonly undo: (made: Made) => string | undefined;
  /** What is to be written once a boot was good, where boots are counted; empty where nothing is. */
  readonly settle?: (text: string) => string;
  /** Value of a word as it is set now; undefined where it is not, or not in every entry. */
  readonly read: (text: string, word: string) => string | undefined;
}

/** A kernel command line with these words: each in the place of the old one, else at the end. */
export function setWords(line: string, words: KernelWords): string {
  const set = new Map(Object.entries(words));
  const done = new Set<string>();
  const kept = split(line).flatMap((word) => {
    const name = /^([^=]*)=/.exec(word)?.[1];
    const value = name === undefined ? undefined : set.get(name);
    if (name === undefined || value === undefined) return [word];
    // The kernel takes the last; one is enough.
    if (done.has(name)) return [];
    done.add(name);
    return [`${name}=${value}`];
  });
  const added = [...set].filter(([name]) => !done.has(name)).map(([name, value]) => `${name}=${value}`);
  // Words behind "--" are init's, not the kernel's.
  const dashes = kept.indexOf('--');
  const all =
    dashes === -1 ? [...kept, ...added] : [...kept.slice(0, dashes), ...added, ...kept.slice(dashes)];
  return all.join(' ');
}

/** The last value of a word. */
export function wordOf(line: string, name: string): string | undefined {
  const words = split(line);
  const dashes = words.indexOf('--');
  const found = (dashes === -1 ? words : words.slice(0, dashes)).filter((word) =>
    word.startsWith(`${name}=`),
  );
  return found.at(-1)?.slice(name.length + 1);
}

/** At blanks outside of double quotes, as the kernel does. */
function split(line: string): readonly string[] {
  return line.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
}

/** What stands above a line that was changed, with the old line behind it. */
export const oldLineMark = '# overlaykit, before:';
export const newLineMark = '# overlaykit, added';

/** Edits lines that `matches` and keeps each old one above it in a comment. */
export function editLines(
  text: string,
  matches: (line: string) => boolean,
  edit: (line: string) => string,
): { readonly text: string; readonly count: number } {
  const lines = text.split('\n');
  let count = 0;
  const edited = lines.flatMap((line, at) => {
    if (line.trimStart().startsWith('#') || !matches(line)) return [line];
    count += 1;
    const changed = edit(line);
    if (changed === line) return [line];
    const keptAlready = (lines[at - 1] ?? '').trimStart().startsWith(oldLineMark);
    return keptAlready ? [changed] : [`${indent(line)}${oldLineMark}${line}`, changed];
  });
  return { text: edited.join('\n'), count };
}

/**
 * undo() of loaders whose configuration is a file. Where somebody has written to it since, only our own lines are taken back, as long as
 * they are those of this edit and of none before it.
 */
export function undoText(unmark: (text: string) => string): Loader['undo'] {
  return ({ now, from, to }) => {
    if (now === from || now === to) return from;
    return unmark(from) === from && unmark(now) !== now ? unmark(now) : undefined;
  };
}

/** Takes editLines() back. */
export function undoLines(text: string): string {
  const lines = text.split('\n');
  const restored: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const mark = line.trimStart();
    if (mark.startsWith(oldLineMark)) {
      restored.push(mark.slice(oldLineMark.length));
      at += 1;
    } else if (mark.startsWith(newLineMark)) {
      at += 1;
    } else {
      restored.push(line);
    }
  }
  return restored.join('\n');
}

/** The value that all of them have. */
export function common(values: readonly (string | undefined)[]): string | undefined {
  return values.length > 0 && values.every((value) => value === values[0]) ? values[0] : undefined;
}

function indent(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? '';
}
