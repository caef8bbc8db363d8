/**
 * /proc/PID/mountinfo as values. Pure.
 *
 * The format is in the kernel's Documentation/filesystems/proc.rst, section 3.5: six fields, any number of optional
 * fields, a lone "-", then three more. White space and "\" in paths are written as three octal digits.
 */

/** One line of the mount table. Options are in the kernel's order; `superOptions` are those of the file system itself. */
export interface MountEntry {
  readonly target: string;
  readonly fstype: string;
  readonly source: string;
  readonly options: readonly string[];
  readonly superOptions: readonly string[];
}

/**
 * Parses a whole mountinfo text, in the order of mounting.
 * @throws Error naming the line when one does not have mountinfo's form
 */
export function parseMountinfo(text: string): readonly MountEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

function parseLine(line: string): MountEntry {
  const [before, after] = splitAtSeparator(line.split(' '));
  const [, , , , target, options] = before;
  const [fstype, source, superOptions] = after;
  if (target === undefined || options === undefined || fstype === undefined || superOptions === undefined) {
    throw new Error(`not a line of mountinfo: ${JSON.stringify(line)}`);
  }
  return {
    target: unescapeOctal(target),
    fstype: unescapeOctal(fstype),
    source: unescapeOctal(source ?? ''),
    options: splitOptions(options),
    superOptions: splitOptions(superOptions),
  };
}

/** The "-" ends the optional fields, which start at the seventh; a mount point or a root may itself be called "-". */
function splitAtSeparator(fields: readonly string[]): [readonly string[], readonly string[]] {
  const separator = fields.indexOf('-', 6);
  return separator === -1 ? [fields, []] : [fields.slice(0, separator), fields.slice(separator + 1)];
}

/** A comma inside a value (overlayfs's escaped one, say) is written as \054, so every plain comma separates options. */
function splitOptions(field: string): readonly string[] {
  return field.split(',').map(unescapeOctal);
}

/** Undoes the kernel's mangling: \040 is a space, \011 a tab, \012 a newline, \134 a backslash, \054 a comma, \043 a "#". */
function unescapeOctal(field: string): string {
  const bytes = Buffer.from(field, 'utf8');
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const octal = /^\\([0-3][0-7]{2})$/.exec(bytes.subarray(at, at + 4).toString('latin1'));
    if (octal?.[1] === undefined) {
      out.push(bytes[at] as number);
    } else {
      out.push(Number.parseInt(octal[1], 8));
      at += 3;
    }
  }
  return Buffer.from(out).toString('utf8');
}
