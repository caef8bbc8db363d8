/** From a prepared board to its bundle: the helper is built where the plan has one. */
import { readFile } from 'node:fs/promises';
import { type Bundle, bundlePaths, makeBundle } from '../bundle/bundle.ts';
import type { BundleFile } from '../bundle/file.ts';
import { mountPoints } from '../plan/mount-points.ts';
import { packageVersion } from '../system/package-root.ts';
import { loginScript } from '../system/shell-library.ts';
import { buildHelper } from './helper.ts';
import type { PreparedBoard } from './prepare-board.ts';

export interface BundleOptions {
  /** Gets one line for each stage that takes time. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** @throws Failure OVL450 to OVL457 where the helper cannot be built */
export async function bundleBoard(prepared: PreparedBoard, options: BundleOptions = {}): Promise<Bundle> {
  const { plan, planText, script, applets } = prepared;
  return makeBundle({
    board: plan.board,
    bootLoader: prepared.checked.board.boot_loader,
    version: packageVersion(),
    requires: { applets, mountPoints: mountPoints(plan), init: plan.handOver.init },
    files: [
      textFile(bundlePaths.overlayInit, 0o755, script),
      textFile(bundlePaths.plan, 0o644, planText),
      textFile(bundlePaths.login, 0o644, await loginScript()),
      ...(plan.helper ? await helperFiles(prepared, options) : []),
    ],
    // The verbs are read when somebody asks for them, and wait for nobody.
    plain: plan.helper && prepared.checked.board.helper.image === 'plain' ? [bundlePaths.helper] : [],
  });
}

async function helperFiles(
  { checked }: PreparedBoard,
  options: BundleOptions,
): Promise<readonly BundleFile[]> {
  const { arch, helper } = checked.board;
  const built = await buildHelper({
    arch,
    ...(helper.cross_compile === undefined ? {} : { crossCompile: helper.cross_compile }),
    ...(helper.sysroot === undefined ? {} : { sysroot: helper.sysroot }),
    flags: helper.flags,
    ...options,
  });
  return [
    { path: bundlePaths.helper, mode: 0o755, content: await readFile(built.path) },
    { path: bundlePaths.verbs, mode: 0o644, content: await readFile(built.verbs.path) },
  ];
}

function textFile(path: string, mode: number, text: string): BundleFile {
  return { path, mode, content: new TextEncoder().encode(text) };
}
