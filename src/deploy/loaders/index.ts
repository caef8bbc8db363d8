/** The boot loaders that are known, in the order in which they are looked for: the most particular first. */
import { cmdlineTxt } from './cmdline-txt.ts';
import { extlinux } from './extlinux.ts';
import { grubCfg, grubD } from './grub.ts';
import type { Loader, LoaderKind } from './loader.ts';
import { uBoot } from './u-boot.ts';

export const loaders: readonly Loader[] = [cmdlineTxt, extlinux, grubD, grubCfg, uBoot];

export function loaderOf(kind: LoaderKind): Loader {
  const found = loaders.find((loader) => loader.kind === kind);
  if (found === undefined) throw new Error(`no loader ${kind}`);
  return found;
}
