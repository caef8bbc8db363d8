/**
 * LoopDevice: an image file as a block device for as long as somebody uses it. It is set to clear itself from the start,
 * so it goes away with our process and the sandbox, whatever ends them.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { runTool } from '../../system/process.ts';

export class LoopDevice {
  /** Such as "/dev/loop0". */
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  readonly #user: FileHandle;

  /** @throws Failure OVL401 without losetup, OVL405 when there is no loop device to be had */
  static async attach(image: string): Promise<LoopDevice> {
    const path = (await runTool('losetup', ['--find', '--show', '--', image])).trim();
    try {
      const user = await open(path, 'r');
      const { rdev } = await stat(path);
      return new LoopDevice(path, rdev, user);
    } finally {
      // Open devices are detached by the kernel when the last user closes them.
      await runTool('losetup', ['--detach', path]);
    }
  }

  private constructor(path: string, rdev: number, user: FileHandle) {
    this.path = path;
    // The kernel's encoding of device numbers in 32 bits: 12 bits of major, 20 of minor, in the order of their ages.
    this.major = (rdev >> 8) & 0xfff;
    this.minor = (rdev & 0xff) | ((rdev >> 12) & 0xfff00);
    this.#user = user;
  }

  /** Gives up our use of it; the device goes when the sandbox does not use it either. */
  async release(): Promise<void> {
    await this.#user.close();
  }
}
