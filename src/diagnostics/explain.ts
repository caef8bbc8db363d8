/** The long text of a code, as `ovl explain CODE` prints it. */
import { type Code, codes } from './codes/index.ts';
import { nearest } from './suggest.ts';

/** The code that a person means by `OVL112`, `ovl112` or `112`; undefined where there is none. */
export function findCode(text: string): Code | undefined {
  const name = /^\d+$/.test(text) ? `OVL${text}` : text.toUpperCase();
  return Object.hasOwn(codes, name) ? (name as Code) : undefined;
}

/** The existing code that looks most like an unknown one. */
export function nearestCode(text: string): Code | undefined {
  return nearest(text, Object.keys(codes)) as Code | undefined;
}

/** Title and explanation of a code; ends with a line feed. */
export function explain(code: Code): string {
  const { title, explanation } = codes[code];
  return `${code}: ${title}\n\n${explanation}\n`;
}
