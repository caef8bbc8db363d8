/** How the board file says that its storage is found, as one value. */
import type { Board } from '../board/schema.ts';
import type { StorageAddress } from '../shared/step.ts';

/** The address, or undefined where the board file gives none (tmpfs storage has none). */
export function storageAddress({ find }: Board['storage']): StorageAddress | undefined {
  if (find?.mtd !== undefined) return { by: 'mtd-name', name: find.mtd };
  if (find?.mtd_number !== undefined) return { by: 'mtd-number', number: find.mtd_number };
  if (find?.label !== undefined) return { by: 'label', label: find.label };
  if (find?.uuid !== undefined) return { by: 'uuid', uuid: find.uuid };
  if (find?.path !== undefined) return { by: 'path', path: find.path };
  return undefined;
}
