/** Plans and scripts for tests, from board file text. */
import { createHash } from 'node:crypto';
import { decodeBoard } from '../../src/board/decode.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { planBoard } from '../../src/plan/plan.ts';
import { type OverlayInit, renderOverlayInit } from '../../src/render/overlay-init.ts';
import { planJson } from '../../src/render/plan-json.ts';
import type { MountPlan } from '../../src/shared/plan.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';

export interface Rendered extends OverlayInit {
  readonly plan: MountPlan;
  readonly planJson: string;
}

/** Plans and renders a board file; throws with every diagnostic when it is not a good one. */
export async function renderBoard(text: string, file = 'test.yaml'): Promise<Rendered> {
  const plan = unwrap(planBoard(unwrap(decodeBoard(file, text))));
  const json = planJson(plan);
  const planDigest = createHash('sha256').update(json).digest('hex');
  const origin = { boardFile: file, version: '0.0.0-test', planDigest };
  return { ...renderOverlayInit(plan, await loadShellLibrary(), origin), plan, planJson: json };
}

/** A small board; `more` replaces or adds top-level keys. */
export function boardText(more: Readonly<Record<string, unknown>> = {}): string {
  const board = {
    version: 1,
    name: 'test',
    arch: 'x86_64',
    kernel: { version: '6.1' },
    root: { type: 'squashfs' },
    storage: { type: 'jffs2', find: { mtd: 'storage' }, size: '16MiB', erase_block: '64KiB' },
    ...more,
  };
  return JSON.stringify(board, null, 2);
}
