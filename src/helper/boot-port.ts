/** What a whole boot asks of the kernel beside what verifying and entering do. */
import type { Port } from './port.ts';
import type { StoragePort, TimePort } from './storage-port.ts';

type Files = 'openIn' | 'close' | 'entries' | 'readIn' | 'writeIn' | 'appendIn' | 'syncFileSystem' | 'mount';

export interface BootPort extends Port, Pick<StoragePort, Files>, Pick<TimePort, 'uptime'> {
  /** A new file that everybody may read; EEXIST where the name is taken. Not on the storage yet when it returns. */
  createText(path: string, content: string): void;
  /** Leaves a process behind that waits for this many seconds, and then executes the script for what comes after a plain boot. */
  leaveBehind(seconds: number, script: string): void;
}
