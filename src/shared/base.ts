/** The base image's identity, as `ovl image` writes it, overlay_init compares it and the helper reads it. */

export const baseWord = 'overlaykit-base 1';
const digits = 32;

/** The line of a file that holds an identity, with its end. */
export function baseLine(identity: string): string {
  return `${baseWord} ${identity}\n`;
}

/** The 32 hexadecimal digits of the line; undefined for anything else. */
export function baseIdentity(text: string): string | undefined {
  if (text.length !== baseWord.length + digits + 2) return undefined;
  const identity = text.slice(baseWord.length + 1, -1);
  for (let at = 0; at < digits; at++) if (!'0123456789abcdef'.includes(identity.charAt(at))) return undefined;
  return text === baseLine(identity) ? identity : undefined;
}

/** What becomes of an upper whose base has changed. */
export const basePolicies = ['keep', 'review', 'set_aside'] as const;
export type BasePolicy = (typeof basePolicies)[number];
