/**
 * What a kernel does with the words of its command line, as far as PID 1 sees it: all of them stand in /proc/cmdline;
 * those that the kernel does not know become init's environment where they have a "=", its arguments where they have none.
 * Pure.
 */
export interface KernelWords {
  /** The text of /proc/cmdline, without its line feed. */
  readonly cmdline: string;
  /** NAME=VALUE. */
  readonly environment: readonly string[];
  readonly initArguments: readonly string[];
}

/** Words that boards' command lines commonly have and that every kernel takes for itself. */
const known = /^(console|init|initrd|loglevel|panic|quiet|debug|reboot|rdinit|ro|rw|root\w*|rootfstype)(=|$)/;

/**
 * @param words unquoted; the kernel has no way to write a double quote or a line feed inside of one
 * @throws RangeError for a word that holds one of these
 */
export function kernelWords(words: readonly string[]): KernelWords {
  const unfit = words.find((word) => /["\n\0]/.test(word));
  if (unfit !== undefined) throw new RangeError(`not a word for a kernel: ${JSON.stringify(unfit)}`);
  // A dot in a name makes it a module's parameter, whether the module is there or not.
  const unknown = words.filter((word) => !known.test(word) && !/^[^=]*\./.test(word));
  return {
    cmdline: words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' '),
    environment: unknown.filter((word) => /^[A-Za-z_]\w*=/.test(word)),
    initArguments: unknown.filter((word) => !word.includes('=')),
  };
}
