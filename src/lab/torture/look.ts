/**
 * Looking at copies of storage in a checking board: each is attached as a device of its own and mounted read-only, by the
 * kernel and busybox alone.
 */
import { open, rm } from 'node:fs/promises';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import { type Bench, type KeptStorage, patienceMs, traySlots } from './bench.ts';
import { readView, type StorageView, viewCommand } from './storage-view.ts';

/** What a copy shows; `unmountable` with what mount said. */
export type Look =
  | { readonly kind: 'view'; readonly view: StorageView }
  | { readonly kind: 'unmountable'; readonly said: string };

/** Where the checking board has NVDIMM memory, as every board in QEMU has it. */
const trayAddress = 0x1_0000_0000;

/**
 * Looks at each of the images, in their order: one boot for as many as a tray holds.
 * @param inside whether to look at the uppers as they are, too
 */
export async function lookAt(
  bench: Bench,
  images: readonly Uint8Array[],
  inside = false,
): Promise<readonly Look[]> {
  const slots = traySlots(bench.storage);
  const looks: Look[] = [];
  for (let at = 0; at < images.length; at += slots)
    looks.push(...(await lookInTray(bench, images.slice(at, at + slots), inside)));
  return looks;
}

async function lookInTray(
  bench: Bench,
  images: readonly Uint8Array[],
  inside: boolean,
): Promise<readonly Look[]> {
  const tray = await bench.makeTray('tray.img');
  await fill(tray, images, bench.storage.bytes);
  const board = await bench.startChecking(tray);
  try {
    const looks: Look[] = [];
    for (const slot of images.keys()) looks.push(await lookInSlot(board, bench.storage, slot, inside));
    return looks;
  } finally {
    await board.cut();
    await rm(tray, { force: true });
  }
}

async function fill(tray: string, images: readonly Uint8Array[], bytes: number): Promise<void> {
  const file = await open(tray, 'r+');
  try {
    for (const [slot, image] of images.entries()) await file.write(image, 0, bytes, slot * bytes);
  } finally {
    await file.close();
  }
}

async function lookInSlot(
  board: VirtualBoard,
  storage: KeptStorage,
  slot: number,
  inside: boolean,
): Promise<Look> {
  const command = `
mkdir -p /tmp/storage /tmp/union
${storage.kind === 'jffs2' ? mountFlash(storage, slot) : mountDisk(storage, slot)}
echo mounted
${viewCommand('/tmp/storage', '/tmp/union', inside)}
umount /tmp/storage
${storage.kind === 'jffs2' ? '' : `losetup -d /dev/loop${slot}`}`;
  const { output } = await board.run(command, { timeoutMs: patienceMs });
  const [said = '', answer] = output.split(/^mounted\n/m);
  return answer === undefined
    ? { kind: 'unmountable', said: said.trim() }
    : { kind: 'view', view: readView(answer) };
}

function mountFlash(storage: Extract<KeptStorage, { kind: 'jffs2' }>, slot: number): string {
  const address = `0x${(trayAddress + slot * storage.bytes).toString(16)}`;
  return `
echo "copy${slot},${address},${storage.bytes},${storage.eraseBlockBytes}" >/sys/module/phram/parameters/phram
mtd=$(sed -n 's/^\\(mtd[0-9]*\\): .* "copy${slot}"$/\\1/p' /proc/mtd)
mount -t jffs2 -o ro $mtd /tmp/storage || { dmesg | tail -n 4; exit; }`;
}

/** The loop device ends where the tray does; ext4 knows by itself where it ends. */
function mountDisk(storage: KeptStorage, slot: number): string {
  return `
[ -b /dev/loop${slot} ] || mknod /dev/loop${slot} b 7 ${slot}
losetup -o ${slot * storage.bytes} /dev/loop${slot} /dev/vdb
mount -t ext4 -o ro /dev/loop${slot} /tmp/storage || { dmesg | tail -n 4; losetup -d /dev/loop${slot}; exit; }`;
}
