/**
 * U-Boot, as far as a deployment has to do with it: an environment in an image of its own, read and written by the real fw_printenv and
 * fw_setenv of this machine, boots that are counted, and altbootcmd after too many.
 */
import { writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { execa } from 'execa';
import { environment } from '../../src/deploy/loaders/u-boot.ts';
import { requireTool } from '../../src/system/tools.ts';
import { environmentBytes } from './uboot-environment.ts';

export class UbootLoader {
  readonly #config: string;

  /** @param image of the environment; made with these variables */
  static async make(image: string, variables: Readonly<Record<string, string>>): Promise<UbootLoader> {
    const body = Buffer.alloc(environmentBytes - 4);
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\0`);
    body.write(`${lines.join('')}\0`);
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(body));
    // Disks have whole sectors, and more of them than the environment takes.
    await writeFile(image, Buffer.concat([sum, body], 64 * 1024));
    const config = `${image}.config`;
    await writeFile(config, `${image} 0x0 0x${environmentBytes.toString(16)}\n`);
    return new UbootLoader(config);
  }

  private constructor(config: string) {
    this.#config = config;
  }

  async variables(): Promise<ReadonlyMap<string, string>> {
    const { stdout } = await execa(requireTool('fw_printenv'), ['-c', this.#config]);
    return environment(stdout);
  }

  /** What a start of the board does: counts it where that was asked for, and gives the kernel its words. */
  async boot(): Promise<readonly string[]> {
    const before = await this.variables();
    const counting = before.get('upgrade_available') === '1';
    const count = Number(before.get('bootcount') ?? 0) + 1;
    if (counting) await this.#set('bootcount', String(count));
    // altbootcmd of these boards: setenv bootargs ${overlaykit_bootargs}; run bootcmd
    const isOver = counting && count > Number(before.get('bootlimit'));
    const line = before.get(isOver ? 'overlaykit_bootargs' : 'bootargs');
    if (line === undefined) throw new Error('U-Boot has no bootargs');
    return line.split(' ');
  }

  async #set(name: string, value: string): Promise<void> {
    await execa(requireTool('fw_setenv'), ['-c', this.#config, name, value]);
  }
}
