/** The words after a verb. */
import { WrongWords } from './trouble.ts';

export function noWords(words: readonly string[]): void {
  if (words.length > 0) throw new WrongWords();
}

export function oneWord(words: readonly string[]): string {
  const word = atMostOneWord(words);
  if (word === undefined) throw new WrongWords();
  return word;
}

export function atMostOneWord(words: readonly string[]): string | undefined {
  if (words.length > 1 || words[0]?.startsWith('-')) throw new WrongWords();
  return words[0];
}

/** Whether --json, the only word, is there. */
export function wantsJson(words: readonly string[]): boolean {
  if (words.length === 0) return false;
  if (words.length > 1 || words[0] !== '--json') throw new WrongWords();
  return true;
}
