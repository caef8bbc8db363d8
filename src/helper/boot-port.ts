/** What a whole boot asks of the kernel beside what verifying and entering do. */
import type { Port } from './port.ts';
import type { StoragePort, TimePort } from './storage-port.ts';

export interface BootPort extends Port, StoragePort, Pick<TimePort, 'uptime'> {
  /** A new file that everybody may read; EEXIST where the name is taken. Not on the storage yet when it returns. */
  createText(path: string, content: string): void;
}
