/** Labels and UUIDs, read out of superblocks: a board on which nobody runs udev has no links that tell them. */
import { bytesOf } from './bytes.ts';
import { isKernelError, type Port } from './port.ts';
import { addressText } from './storage-address.ts';
import type { StoragePlan } from './storage-plan.ts';
import type { StoragePort } from './storage-port.ts';
import { attempt, Refused } from './trouble.ts';

/** Where the superblock of a file system has what, in bytes; both begin at 1024. */
interface Superblock {
  readonly magic: string;
  readonly magicAt: number;
  readonly uuidAt: number;
  readonly labelAt: number;
  readonly labelBytes: number;
  /** Whether the label is written in UTF-16. */
  readonly wide: boolean;
}

const superblocks: Readonly<Record<string, Superblock>> = {
  ext4: { magic: '\x53\xef', magicAt: 56, uuidAt: 104, labelAt: 120, labelBytes: 16, wide: false },
  f2fs: { magic: '\x10\x20\xf5\xf2', magicAt: 0, uuidAt: 108, labelAt: 124, labelBytes: 512, wide: true },
};

/** What reading superblocks takes. */
type TagPort = Pick<Port, 'openDirectory' | 'readAt'> & Pick<StoragePort, 'entries' | 'close'>;

const superblockAt = 1024;
const superblockBytes = 1024;

/**
 * The name below /dev of the one device whose file system is called as the plan says.
 * @throws Refused where there is none, or more than one
 */
export function taggedDevice(
  port: TagPort,
  { address, fstype }: Pick<StoragePlan, 'address' | 'fstype'>,
): string {
  const name = address.by === 'uuid' ? address.uuid : address.by === 'label' ? address.label : '';
  return deviceCalled(
    port,
    fstype,
    address.by === 'uuid' ? 'uuid' : 'label',
    bytesOf(name),
    addressText(address),
  );
}

/**
 * The same by a label or UUID as bytes.
 * @param what the two in words
 * @throws Refused where there is none, or more than one
 */
export function deviceCalled(
  port: TagPort,
  fstype: string,
  by: 'label' | 'uuid',
  called: string,
  what: string,
): string {
  const layout = superblocks[fstype];
  if (layout === undefined) throw new Refused(`labels and UUIDs of a ${fstype} cannot be read`);
  const wanted = by === 'uuid' ? lowerCase(called) : called;
  const fitting = blockDevices(port).filter((name) => {
    const text = superblockOf(port, name);
    if (
      text === undefined ||
      text.slice(layout.magicAt, layout.magicAt + layout.magic.length) !== layout.magic
    )
      return false;
    return (by === 'uuid' ? uuidIn(text, layout) : labelIn(text, layout)) === wanted;
  });
  const [only] = fitting;
  if (only === undefined) throw new Refused(`no block device has ${what}`);
  if (fitting.length > 1) throw new Refused(`several block devices have ${what}: ${fitting.join(', ')}`);
  return only;
}

function blockDevices(port: TagPort): readonly string[] {
  const directory = attempt('cannot look for block devices', () => port.openDirectory('/sys/class/block'));
  const all: string[] = [];
  for (let names = port.entries(directory); names.length > 0; names = port.entries(directory))
    for (const name of names) all.push(name);
  port.close(directory);
  return all;
}

function superblockOf(port: TagPort, name: string): string | undefined {
  try {
    return port.readAt(`/dev/${name}`, superblockAt, superblockBytes);
  } catch (error) {
    // A drive without a medium, a node that is not there.
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

function labelIn(text: string, { labelAt, labelBytes, wide }: Superblock): string {
  let label = '';
  for (let at = labelAt; at < labelAt + labelBytes; at += wide ? 2 : 1) {
    if (text.charCodeAt(at) === 0 && (!wide || text.charCodeAt(at + 1) === 0)) break;
    label += text.charAt(at);
  }
  return label;
}

const digits = '0123456789abcdef';

function uuidIn(text: string, { uuidAt }: Superblock): string {
  let uuid = '';
  for (let index = 0; index < 16; index++) {
    const byte = text.charCodeAt(uuidAt + index);
    uuid += digits.charAt(byte >> 4) + digits.charAt(byte & 15);
    if (index === 3 || index === 5 || index === 7 || index === 9) uuid += '-';
  }
  return uuid;
}

function lowerCase(text: string): string {
  let lower = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    lower += code >= 0x41 && code <= 0x46 ? String.fromCharCode(code + 0x20) : text.charAt(at);
  }
  return lower;
}
