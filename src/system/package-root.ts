/** Finds overlaykit's own folder, from the sources as well as from the built `dist/`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds overlaykit's package.json, rootfs-scripts and board-configs. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'rootfs-scripts'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no rootfs-scripts above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}

/** overlaykit's own version, such as "0.1.0". */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
