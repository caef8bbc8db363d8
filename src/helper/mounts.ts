/** The mount table, as far as the helper asks: which file system is mounted at a path. */
import type { Port } from './port.ts';
import { attempt } from './trouble.ts';

/** A board has a few dozen mounts; this is far more. */
const maxBytes = 1024 * 1024;

export interface Mounts {
  /** The type of the file system mounted exactly at this path (the topmost), or undefined where nothing is. */
  fstypeAt(path: string): string | undefined;
  /** "major:minor" of the device mounted exactly at this path, the topmost. */
  numberAt(path: string): string | undefined;
  /** The numbers of what is mounted below a path that ends in "/", and one more in front. */
  numbersBelow(path: string, first: string | undefined): readonly string[];
  /** Whether any mount's options have this word: a union's upperdir, say. */
  mention(word: string): boolean;
}

/**
 * Reads the mounts that this process sees.
 * @throws Error where there is no /proc, say
 */
export function readMounts(port: Pick<Port, 'readFile'>): Mounts {
  const text = attempt('cannot read the mount table', () => port.readFile('/proc/self/mountinfo', maxBytes));
  const lines = text.split('\n');
  const fieldsAt = (path: string): string[] | undefined => {
    const wanted = escaped(path);
    // The kernel lists mounts in the order they were made: of several on one path the last is seen.
    for (let index = lines.length - 1; index >= 0; index--) {
      const line = lines[index] ?? '';
      // Splitting every line costs more than all the rest of a boot's checks.
      if (line.indexOf(wanted) < 0) continue;
      const fields = line.split(' ');
      if (fields[4] === wanted) return fields;
    }
    return undefined;
  };
  return {
    fstypeAt(path) {
      const fields = fieldsAt(path);
      return fields?.[fields.indexOf('-', 6) + 1];
    },
    numberAt: (path) => fieldsAt(path)?.[2],
    numbersBelow(path, first) {
      const numbers = first === undefined ? [] : [first];
      for (const line of lines) {
        if (line.indexOf(path) < 0) continue;
        const fields = line.split(' ');
        if (fields[4]?.startsWith(path) && fields[2] !== undefined) numbers.push(fields[2]);
      }
      return numbers;
    },
    mention: (word) => text.indexOf(word) >= 0,
  };
}

/** The kernel writes space, tab, newline and backslash of a mount point as octal (show_mountinfo). */
function escaped(path: string): string {
  // The backslash first: the others' octal begins with one. Hardly any path has one of them.
  const whole = replaced(path, '\\', '\\134');
  return replaced(replaced(replaced(whole, ' ', '\\040'), '\t', '\\011'), '\n', '\\012');
}

function replaced(text: string, char: string, octal: string): string {
  return text.includes(char) ? text.split(char).join(octal) : text;
}
