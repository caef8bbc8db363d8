/** The real fw_printenv and fw_setenv of this machine, for a root whose U-Boot environment is a file. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programFiles } from '../../src/lab/roots/program.ts';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { requireTool } from '../../src/system/tools.ts';

/** Bytes of the environment with its checksum. */
export const environmentBytes = 4096;

/**
 * The programs with their libraries, and their configuration.
 * @param path of the environment on the board
 */
export async function ubootEnvironment(path: string): Promise<readonly RootFile[]> {
  const bin = dirname(realpathSync(requireTool('fw_printenv')));
  const printenv = await programFiles(join(bin, 'fw_printenv'), '/usr/bin/fw_printenv');
  const setenv = await programFiles(join(bin, 'fw_setenv'), '/usr/bin/fw_setenv');
  const own = setenv.filter((one) => !printenv.some((other) => other.path === one.path));
  return [
    ...printenv,
    ...own,
    file('/etc/fw_env.config', `${path} 0x0 0x${environmentBytes.toString(16)}\n`),
    file('/var/lock/.keep', ''),
  ];
}
