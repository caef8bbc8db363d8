/** What overlay_init told on a board's console. Pure. */

/** A kernel message's time stamp, as in "[    2.718281] "; lines written to the console directly have none. */
const stamp = /^(?:<\d+>)?(?:\[ *\d+\.\d+\](?:\[[^\]]*\])? )?/;

/** overlay_init's own lines in the order they came, without the kernel's time stamps. */
export function account(console: string): readonly string[] {
  return console
    .split('\n')
    .map((line) => line.replace(stamp, ''))
    .filter((line) => line.startsWith('overlaykit: '));
}
