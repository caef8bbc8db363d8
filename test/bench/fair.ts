/** Whether boots may be compared: each went its own way, and all led to the same place. Pure. */
import { type CaseName, caseTitles } from './case.ts';
import type { LogRecord } from './markers.ts';

/**
 * A boot that fell back to another way is another case.
 * @throws Error with what was said in the boot
 */
export function expectSmoothBoot(name: CaseName, log: readonly LogRecord[]): void {
  const trouble = log.filter(({ level }) => level <= 4).map(({ text }) => text);
  const entered = log.some(({ text }) => text.startsWith('overlay_helper: boot: rung '));
  if (trouble.length === 0 && entered === (name === 'script-and-helper')) return;
  throw new Error(
    [`"${caseTitles[name]}" did not boot as it should:`, ...log.map(({ text }) => text)].join('\n'),
  );
}

/**
 * A case that left out a mount or an option would be quicker for no merit.
 * @throws Error with both mount tables
 */
export function expectSameMounts(storage: string, tables: ReadonlyMap<CaseName, string>): void {
  const expected = tables.get('script');
  for (const [name, text] of tables) {
    if (text === expected) continue;
    throw new Error(
      `${storage}: "${caseTitles[name]}" does not make overlay_init's mounts:\n${text}\ninstead of\n${expected}`,
    );
  }
}
