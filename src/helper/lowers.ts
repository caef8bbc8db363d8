/** The layers below an upper, followed side by side with a walk over it. */
import { isDirectory } from './mode.ts';
import { isKernelError } from './port.ts';
import type { StoragePort } from './storage-port.ts';

/** The attribute by which a directory hides those of the same path in the layers below. */
export const opaque = 'trusted.overlay.opaque';

export interface Lowers {
  /** The walk enters a directory. @param hides whether it replaces what lies below, instead of being merged with it */
  enter(name: string, hides: boolean): void;
  /** The walk has left a directory. */
  left(): void;
  /** Descriptor of the topmost directory that has something of this name where the walk is. */
  having(name: string): number | undefined;
  close(): void;
}

interface Layer {
  /** The last directory on the way that this layer has. */
  here: number;
  /** How many directories deeper the walk is. */
  missing: number;
}

/** @param roots descriptors of the layers, topmost first; they are closed with it */
export function followLowers(port: StoragePort, roots: readonly number[]): Lowers {
  const layers = roots.map((here): Layer => ({ here, missing: 0 }));
  return {
    enter(name, hides) {
      let hidden = hides;
      for (const layer of layers) {
        if (layer.missing > 0 || hidden) layer.missing++;
        else hidden = descend(port, layer, name);
      }
    },
    left() {
      for (const layer of layers) {
        if (layer.missing > 0) layer.missing--;
        else go(port, layer, '..');
      }
    },
    having: (name) =>
      layers.find(({ here, missing }) => missing === 0 && port.statIn(here, name) !== undefined)?.here,
    close() {
      for (const { here } of layers) port.close(here);
    },
  };
}

/** Follows the walk in one layer. Whether what the layer has there hides the layers below it. */
function descend(port: StoragePort, layer: Layer, name: string): boolean {
  const status = port.statIn(layer.here, name);
  if (status !== undefined && isDirectory(status.mode)) {
    const hides = port.attributeIn(layer.here, name, opaque) === 'y';
    if (!go(port, layer, name)) layer.missing++;
    return hides;
  }
  layer.missing++;
  return status !== undefined;
}

/** False where it cannot be opened: something is mounted there, say. */
function go(port: StoragePort, layer: Layer, name: string): boolean {
  try {
    const next = port.openIn(layer.here, name);
    port.close(layer.here);
    layer.here = next;
    return true;
  } catch (error) {
    if (isKernelError(error)) return false;
    throw error;
  }
}
