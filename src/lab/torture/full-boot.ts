/** A whole boot on a copy of storage: overlay_init decides, and what the merged root shows is listed. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { type Bench, patienceMs } from './bench.ts';
import type { SeenTree } from './judge.ts';
import { type Notes, notesCommand, readNotes, readTree, treeCommand } from './storage-view.ts';

export interface FullBoot {
  /** Of /run/overlaykit/status.json; empty where the board did not come up, or has none. */
  readonly rung: string;
  readonly tree: SeenTree;
  /** Whether a factory reset is still asked for once it is up. */
  readonly request: boolean;
  /** What is noted of the base beside the first generation. */
  readonly notes: Notes;
  readonly console: string;
}

const noTree: SeenTree = new Map();

/** Boots it, looks, cuts the power. A board that does not come up is a result, not an error. */
export async function bootOn(bench: Bench, image: Uint8Array): Promise<FullBoot> {
  const storage = join(bench.folder, 'full-boot.img');
  await writeFile(storage, image);
  const board = await bench.start(storage);
  try {
    const command = `cat /run/overlaykit/status.json; ls /overlay/overlaykit/reset; ${notesCommand('/overlay/generations/1')}; echo tree; ${treeCommand('')}`;
    const { output } = await board.run(command, { timeoutMs: patienceMs });
    const [head = '', tree = ''] = output.split(/^tree\n/m);
    return {
      rung: /"rung":\s*"([^"]*)"/.exec(head)?.[1] ?? '',
      tree: readTree(tree.split('\n')),
      notes: readNotes(head.split('\n')),
      request: /^\/overlay\/overlaykit\/reset$/m.test(head),
      console: board.console,
    };
  } catch (error) {
    if (!cameNotUp(error)) throw error;
    return { rung: '', tree: noTree, request: false, notes: readNotes([]), console: board.console };
  } finally {
    await board.cut();
    await rm(storage, { force: true });
  }
}

/** The board ended, or said nothing for too long. */
function cameNotUp(error: unknown): boolean {
  return error instanceof Failure && ['OVL410', 'OVL411'].includes(error.diagnostics[0]?.code ?? '');
}
