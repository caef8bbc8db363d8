/**
 * The demo: a board with flash keeps a file over a power cut and goes back to factory state; a board without storage
 * forgets it. Everything told about a board is read from the booted board, and the demo ends where it does not hold.
 *
 * In: a Stage and a Teller. Out: the Story of each board.
 */
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { MountPlan } from '../../shared/plan.ts';
import { type BuiltBoard, buildBoard } from './build.ts';
import { act, type Claim, prove } from './claim.ts';
import { bootClaims, layersSeen, resetClaim } from './claims.ts';
import type { Stage } from './stage.ts';
import { type Moment, momentClaim, type Story, storyFile } from './story.ts';
import type { Teller } from './teller.ts';

/** What the firmware has in the file, and what is written over it. */
const factory = 'factory';
const written = 'my-board';

interface Scene {
  readonly stage: Stage;
  readonly teller: Teller;
  readonly board: BuiltBoard;
  readonly moments: Moment[];
}

/** @throws Failure OVL414 where a board is not as told, others where it cannot be built or booted */
export async function demo(stage: Stage, teller: Teller): Promise<readonly Story[]> {
  return [await boardWithFlash(stage, teller), await boardWithoutStorage(stage, teller)];
}

async function boardWithFlash(stage: Stage, teller: Teller): Promise<Story> {
  const scene = await open(stage, teller, 'lab-jffs2');
  const request = requestFile(scene.board.prepared.plan);
  await powerOnNew(scene);
  await change(scene);
  await cutPower(scene);
  await powerOnAgain(scene);
  await see(scene, { title: 'power cut', merged: written, storage: written });
  await requestReset(scene, request);
  await powerOnAgain(scene);
  await hold(scene, resetClaim(request));
  await see(scene, { title: 'reset', merged: factory });
  return close(scene);
}

async function boardWithoutStorage(stage: Stage, teller: Teller): Promise<Story> {
  const scene = await open(stage, teller, 'lab-tmpfs');
  await powerOnNew(scene);
  await change(scene);
  await cutPower(scene);
  await powerOnAgain(scene);
  await see(scene, { title: 'power cut', merged: factory });
  return close(scene);
}

async function open(stage: Stage, teller: Teller, name: string): Promise<Scene> {
  const board = await buildBoard(name, stage.folder, teller, stage.signal);
  return { stage, teller, board, moments: [] };
}

/** The first boot of a board: what has to hold after every boot is told one by one. */
async function powerOnNew(scene: Scene): Promise<void> {
  await powerOn(scene, 'Power on a new board');
  for (const claim of alwaysTrue(scene)) await hold(scene, claim);
  await see(scene, { title: 'new board', merged: factory });
}

/** A later boot: the same is looked up again, and told in one line. */
async function powerOnAgain(scene: Scene): Promise<void> {
  await powerOn(scene, 'Power on again');
  const claims = alwaysTrue(scene);
  await scene.teller.detail('what was said of the first boot', async (say) => {
    for (const claim of claims) await prove(claim, scene.stage.boot);
    say(`holds, ${claims.length} of ${claims.length}`);
  });
}

async function powerOn({ stage, teller, board }: Scene, title: string): Promise<void> {
  await teller.step(title, (say) => stage.powerOn(board, say));
}

function alwaysTrue({ board }: Scene): readonly Claim[] {
  return bootClaims(board.prepared.plan, board.prepared.planDigest);
}

async function hold({ stage, teller }: Scene, claim: Claim): Promise<void> {
  await teller.detail(claim.title, async (say) => say(await prove(claim, stage.boot)));
}

/** The file in all layers; the read-only root's must never change. */
async function see(
  scene: Scene,
  expected: { title: string; merged: string; storage?: string },
): Promise<void> {
  const moment: Moment = { ...expected, storage: expected.storage, base: factory };
  await hold(
    scene,
    momentClaim(moment, (seen) => scene.moments.push(seen)),
  );
}

/** As any program of the board would do it; then waits until it is on the storage. */
async function change(scene: Scene): Promise<void> {
  await scene.teller.step('Change a file', async () => undefined);
  await doOnBoard(scene, `echo ${written} > ${storyFile} && sync`);
  await see(scene, { title: 'written', merged: written, storage: written });
}

async function doOnBoard({ stage, teller }: Scene, command: string): Promise<void> {
  await teller.detail(command, async () => act(stage.boot, command));
}

async function cutPower({ stage, teller }: Scene): Promise<void> {
  await teller.step('Cut the power', async (say) => {
    const ending = await stage.boot.cut();
    say(
      ending.kind === 'cut'
        ? 'kill -9, as unprepared as a pulled plug'
        : `it had ended before: ${ending.kind}`,
    );
  });
}

/** As a person does it, or the script behind a button. */
async function requestReset(scene: Scene, file: string): Promise<void> {
  await scene.teller.step('Ask for a factory reset', async () => undefined);
  await doOnBoard(scene, `mkdir -p ${file.slice(0, file.lastIndexOf('/'))}`);
  await doOnBoard(scene, `touch ${file}`);
  await scene.teller.step('Shut down', async (say) => {
    const ending = await scene.stage.boot.poweroff();
    say(ending.kind === 'off' ? 'in order' : `not in order: ${ending.kind}`);
  });
}

async function close({ stage, board, moments }: Scene): Promise<Story> {
  const layers = await layersSeen(stage.boot);
  await stage.boot.cut();
  return { board: board.name, file: storyFile, layers, moments };
}

/** Where this plan looks for a request. */
function requestFile(plan: MountPlan): string {
  const steps = plan.ladder.flatMap((rung) => rung.steps);
  const file = steps.find((one) => one.kind === 'choose-generation')?.requestFile;
  if (file === undefined) throw new Error(`${boardPaths.plan} of this board knows no request for a reset`);
  return file;
}
