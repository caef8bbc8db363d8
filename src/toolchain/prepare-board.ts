/**
 * From the path of a board file to everything that is made of it: plan, plan.json, overlay_init. What `ovl check` runs
 * through to its end, so that a board that passes can be built.
 *
 * In: a path. Out: a Result with all that was found on the way. Effects: reading the file and the shell library.
 */

import { basename } from 'node:path';
import { readBoard } from '../board/check.ts';
import type { CheckedBoard } from '../board/decode.ts';
import { sha256 } from '../bundle/digest.ts';
import { Failure, failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { planBoard } from '../plan/plan.ts';
import { checkApplets } from '../render/applets.ts';
import { renderOverlayInit } from '../render/overlay-init.ts';
import { planJson } from '../render/plan-json.ts';
import type { MountPlan } from '../shared/plan.ts';
import { readInput } from '../system/files.ts';
import { packageVersion } from '../system/package-root.ts';
import { loadShellLibrary } from '../system/shell-library.ts';

export interface PreparedBoard {
  readonly checked: CheckedBoard;
  readonly plan: MountPlan;
  /** The text of plan.json, and its SHA-256. */
  readonly planText: string;
  readonly planDigest: string;
  /** The text of overlay_init, and the programs of the board that it calls. */
  readonly script: string;
  readonly applets: readonly string[];
}

export interface PrepareOptions {
  /** Plans without overlay_helper, whatever the board file says. */
  readonly withoutHelper?: boolean;
  /** Paths that a factory reset keeps beside those of the board file. */
  readonly alsoKeep?: readonly string[];
}

/** Bytes; far above what the decoder takes, so that it is the decoder that says what a board file is. */
const limit = 16 * 1024 ** 2;

/** Never throws a Failure: a file that cannot be read is a finding like others. */
export async function prepareBoard(
  path: string,
  options: PrepareOptions = {},
): Promise<Result<PreparedBoard>> {
  const read = await readBoardFile(path);
  if (!read.ok) return read;
  const board = { ...read, value: keeping(read.value, options.alsoKeep ?? []) };
  const planned = planBoard(board.value);
  const found = [...board.diagnostics, ...planned.diagnostics];
  if (!planned.ok) return failure(...found);

  const plan = options.withoutHelper === true ? { ...planned.value, helper: false } : planned.value;
  const planText = planJson(plan);
  const planDigest = sha256(planText);
  const { script, applets } = renderOverlayInit(plan, await loadShellLibrary(), {
    boardFile: basename(path),
    version: packageVersion(),
    planDigest,
  });
  const lacking = checkApplets(board.value, applets);
  if (lacking.length > 0) return failure(...found, ...lacking);
  return success({ checked: board.value, plan, planText, planDigest, script, applets }, found);
}

function keeping(checked: CheckedBoard, paths: readonly string[]): CheckedBoard {
  if (paths.length === 0) return checked;
  return { ...checked, board: { ...checked.board, keep: [...checked.board.keep, ...paths] } };
}

async function readBoardFile(path: string): Promise<Result<CheckedBoard>> {
  try {
    return readBoard(path, await readInput(path, limit));
  } catch (error) {
    if (error instanceof Failure) return failure(...error.diagnostics);
    throw error;
  }
}
