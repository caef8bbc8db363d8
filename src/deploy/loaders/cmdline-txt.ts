/**
 * cmdline.txt of the Raspberry Pi's firmware: one line, all of which goes to the kernel, so the old line cannot stay in it as a comment.
 * It stays as a word that the kernel and init pass over: `overlaykit.before=` and the old words in hexadecimal. The dot makes it a
 * module's parameter, which no init gets.
 */
import { type Edited, type KernelWords, type Loader, setWords, undoText, wordOf } from './loader.ts';

const kept = 'overlaykit.before';

export const cmdlineTxt: Loader = {
  kind: 'cmdline-txt',
  paths: ['/boot/firmware/cmdline.txt', '/boot/cmdline.txt'],
  edit,
  undo: undoText(unmark),
  read: (text, word) => wordOf(firstLine(text), word),
};

function edit(text: string, words: KernelWords): Edited {
  const line = firstLine(text);
  if (line.trim() === '') return { problem: 'is empty' };
  const before = remember(line, Object.keys(words));
  const edited = setWords(line, { ...words, [kept]: before });
  return { text: text.replace(line, () => edited) };
}

function unmark(text: string): string {
  const line = firstLine(text);
  const before = wordOf(line, kept);
  if (before === undefined) return text;
  const old = new Map(decode(before));
  const words = line.split(/\s+/).flatMap((word) => {
    const name = /^([^=]*)=/.exec(word)?.[1] ?? '';
    if (name === kept) return [];
    const value = old.get(name);
    return value === undefined ? [word] : value === null ? [] : [`${name}=${value}`];
  });
  return text.replace(line, () => words.join(' '));
}

/** What is remembered already counts; words that were not set before are added to it. */
function remember(line: string, names: readonly string[]): string {
  const old = wordOf(line, kept);
  if (old === undefined) return encode(line, names);
  const known = decode(old).map(([name]) => name);
  const more = names.filter((name) => !known.includes(name));
  return more.length === 0 ? old : `${old},${encode(line, more)}`;
}

/** The old values of the words that are set: `init:2f736269...,root:-`. */
function encode(line: string, names: readonly string[]): string {
  return names
    .map((name) => {
      const value = wordOf(line, name);
      return `${name}:${value === undefined ? '-' : Buffer.from(value).toString('hex')}`;
    })
    .join(',');
}

function decode(text: string): readonly (readonly [string, string | null])[] {
  return text.split(',').map((part) => {
    const [name = '', value = '-'] = part.split(':');
    return [name, value === '-' ? null : Buffer.from(value, 'hex').toString('utf8')];
  });
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}
