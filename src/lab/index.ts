/**
 * The lab: boots a Board as a virtual board, on one of several machines, behind one port (Boot).
 *
 * In: a Board, a root image with overlay_init in it. Out: a running Boot. Tests and `ovl lab` need nothing else of the lab
 * but its own roots (roots/).
 */
import type { Boot, BootRequest, Machine } from './boot.ts';
import { bootQemu } from './qemu/boot-qemu.ts';
import { bootSandbox } from './sandbox/boot-sandbox.ts';
import { bootUml } from './uml/boot-uml.ts';

export { account } from './account.ts';
export type { Boot, BootRequest, CommandResult, Deadline, Ending, Forward, Machine } from './boot.ts';
export { machines } from './boot.ts';
export type { MountEntry } from './mountinfo.ts';

/** One row a machine. */
const boots: Readonly<Record<Machine, (request: BootRequest) => Promise<Boot>>> = {
  qemu: bootQemu,
  'qemu-own-kernel': bootQemu,
  uml: bootUml,
  sandbox: bootSandbox,
};

/**
 * Starts a virtual board that is like the board file says: root type, storage, MTD name, size and erase block. Returns
 * when it is powered on; what it says and does comes later. It ends with cut() or poweroff(), by itself, at the end of its
 * lifetime, or with our process.
 *
 * @throws Failure OVL401 when a tool is missing, OVL406 and OVL407 when there is no kernel, OVL412 when the machine cannot
 *   play this board, OVL431 and OVL432 when there can be no sandbox
 */
export async function bootBoard(request: BootRequest): Promise<Boot> {
  return boots[request.machine](request);
}
