/** Takes an edit of a boot loader's configuration back: it says again what it said before this deployment. */
import { program, succeeded } from '../../device/device.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { DeployStep } from '../deployment.ts';
import { loaderOf } from '../loaders/index.ts';
import { environmentWords } from '../loaders/u-boot.ts';
import { runDeploy } from '../look.ts';
import { setEnvironment, updateGrub } from './edit-loader.ts';
import { checked, type Doing } from './step.ts';

type EditStep = Extract<DeployStep, { kind: 'edit-loader' }>;

const cannot = "the boot loader's old line cannot be put back";

/**
 * Asked for after something else has failed, so it runs even where the deployment was interrupted.
 * @returns whether the boot loader says again what it said; false where its configuration cannot be found, or somebody else's change
 * is in the way
 * @throws Failure OVL704 where it cannot be written, OVL5xx where nobody answers
 */
export async function takeBackEdit(deploying: Doing, step: EditStep): Promise<boolean> {
  const what: Doing = { ...deploying, run: { deadlineMs: 60_000 } };
  return step.loader === 'u-boot' ? takeBackEnvironment(what, step) : takeBackFile(what, step);
}

async function takeBackEnvironment(what: Doing, step: EditStep): Promise<boolean> {
  const now = await read(what, ['fw_printenv', ...environmentWords(step.path)]);
  if (now === undefined) return false;
  const lines = loaderOf(step.loader).undo({ now, from: step.from, to: step.to });
  if (lines === undefined) return false;
  await setEnvironment(what, lines, step.path);
  return true;
}

/** On a board that runs in a union by now, the root that was edited is under it. */
async function takeBackFile(what: Doing, step: EditStep): Promise<boolean> {
  const root = boardPaths.oldRoot;
  const bare = step.path.startsWith(`${root}/`) ? step.path.slice(root.length) : step.path;
  for (const path of [`${root}${bare}`, bare]) {
    const now = await read(what, ['cat', path]);
    if (now === undefined) continue;
    // Through a union the file could be seen, and would be changed in the upper only.
    const folder = path.startsWith(`${root}/`) ? root : '';
    const text = loaderOf(step.loader).undo({ now, from: step.from, to: step.to });
    if (text === undefined) return false;
    if (text !== now) await write({ ...what, root: folder }, step, path, text);
    return true;
  }
  return false;
}

/** The root may be mounted read-only again by now. */
async function write(what: Doing, step: EditStep, path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const first = await runDeploy(what.device, 'replace', [path], { ...what.run, stdin: bytes });
  if (succeeded(first)) return rewritten(what, step);
  await checked(what, 'open', [what.root], cannot);
  try {
    await checked(what, 'replace', [path], cannot, bytes);
    await rewritten(what, step);
  } finally {
    await runDeploy(what.device, 'close', [what.root], what.run);
  }
}

async function rewritten(what: Doing, { loader }: EditStep): Promise<void> {
  if (loader === 'grub-d') await updateGrub(what);
}

async function read(what: Doing, words: readonly [string, ...string[]]): Promise<string | undefined> {
  const outcome = await what.device.run(program(...words), { ...what.run, limit: 1 << 20 });
  return succeeded(outcome) ? outcome.stdout.toString('utf8') : undefined;
}
