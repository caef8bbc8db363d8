import type { StorageAddress } from '../shared/step.ts';

/** How the storage is found, in words. */
export function addressText(address: StorageAddress): string {
  switch (address.by) {
    case 'mtd-name':
      return `MTD "${address.name}"`;
    case 'mtd-number':
      return `mtd${address.number}`;
    case 'label':
      return `LABEL=${address.label}`;
    case 'uuid':
      return `UUID=${address.uuid}`;
    case 'path':
      return address.path;
  }
}
