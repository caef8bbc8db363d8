/** Whether anything in a tree has changed: the times that the kernel sets, which no program can set back. */
import type { StoragePort } from './storage-port.ts';
import { walk } from './walk.ts';

/**
 * A text that is another one after any change of names, contents, owners, modes or attributes. What is written through a
 * shared memory map is not seen on tmpfs, which keeps no time of it.
 */
export function fingerprint(port: StoragePort, directory: number): string {
  const own = port.statIn(directory, '.');
  const lines = [`${own?.id} ${own?.changed}`];
  walk(port, directory, () => ({
    file(_directory, name, { id, changed, size }) {
      lines.push(`${name} ${id} ${changed} ${size}`);
    },
    enter(_above, name, { id, changed }) {
      lines.push(`${name}/ ${id} ${changed}`);
    },
    left() {
      lines.push('..');
    },
  }));
  return lines.join('\n');
}
