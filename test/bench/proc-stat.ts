/** /proc/PID/stat. Pure. */

/** Milliseconds of one tick: USER_HZ is 100 on every architecture that Node runs on. */
const tickMs = 10;

/**
 * Processor milliseconds of all children that were waited for, with their own children: fields 16 and 17 (proc(5)).
 * @throws Error where the text is none of that file
 */
export function childrenMs(text: string): number {
  return milliseconds(text, 13);
}

/**
 * Processor milliseconds of the process itself and of its children: fields 14 to 17.
 * @throws Error where the text is none of that file
 */
export function wholeMs(text: string): number {
  return milliseconds(text, 11) + milliseconds(text, 13);
}

function milliseconds(text: string, at: number): number {
  // The second field is the program's name in brackets, and may itself have spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[at]), Number(fields[at + 1])];
  if (!Number.isInteger(user) || !Number.isInteger(system))
    throw new Error(`not a /proc/PID/stat: ${JSON.stringify(text)}`);
  return (user + system) * tickMs;
}
