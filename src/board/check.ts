/**
 * Checking: what each key says is right, but do they go together? Every check reads the whole board and reports all that
 * it finds, at the place of the key to change.
 *
 * In: a decoded board. Out: diagnostics, in the order of the file.
 */
import { type Diagnostic, failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { checkBootLoader } from './checks/boot-loader.ts';
import { checkFind } from './checks/find.ts';
import type { Check } from './checks/finding.ts';
import { checkFirstBoot } from './checks/first-boot.ts';
import { checkIdentity } from './checks/identity.ts';
import { checkJffs2 } from './checks/jffs2.ts';
import { checkKernel } from './checks/kernel.ts';
import { checkLadder } from './checks/ladder.ts';
import { checkLayers } from './checks/layers.ts';
import { checkMode } from './checks/mode.ts';
import { checkPaths } from './checks/paths.ts';
import { checkReset } from './checks/reset.ts';
import { checkStorage } from './checks/storage.ts';
import { checkUnbuilt } from './checks/unbuilt.ts';
import { checkUnionOptions } from './checks/union-options.ts';
import { byPlace, type CheckedBoard, decodeBytes } from './decode.ts';

const checks: readonly Check[] = [
  checkKernel,
  checkStorage,
  checkFind,
  checkFirstBoot,
  checkJffs2,
  checkUnionOptions,
  checkLayers,
  checkMode,
  checkPaths,
  checkLadder,
  checkReset,
  checkIdentity,
  checkBootLoader,
  checkUnbuilt,
];

/** Everything that the keys of a board say against each other, errors and warnings, in the order of the file. */
export function checkBoard(checked: CheckedBoard): readonly Diagnostic[] {
  return checks.flatMap((check) => check(checked)).sort(byPlace);
}

/**
 * Decodes and checks the bytes of a board file in one go. The result is a board only where there is no error; warnings
 * travel with it.
 */
export function readBoard(file: string, bytes: Uint8Array): Result<CheckedBoard> {
  const { checked, diagnostics } = decodeBytes(file, bytes);
  if (checked === undefined) return failure(...diagnostics);
  const all = [...diagnostics, ...checkBoard(checked)].sort(byPlace);
  return all.some((one) => one.severity === 'error') ? failure(...all) : success(checked, all);
}
