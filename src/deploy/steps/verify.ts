/** Whether the board has what was sent, and whether its own shell and kernel take it. Then the release gets its name. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { DeployStep } from '../deployment.ts';
import { digestsOnBoard } from './digest.ts';
import { publish, stagedFolder } from './stage.ts';
import { checked, type Doing } from './step.ts';

export async function verify(what: Doing, step: Extract<DeployStep, { kind: 'verify' }>): Promise<void> {
  const folder = stagedFolder(what, step.release);
  const found = await digestsOnBoard(
    what,
    folder,
    step.files.map(({ name }) => name),
  );
  for (const { name, sha256 } of step.files)
    if (found.get(name) !== sha256) throw differs(name, sha256, found.get(name));
  await checked(what, 'check', [folder], "the board's own shell or kernel does not take what was sent");
  await publish(what, step.release);
}

function differs(name: string, wanted: string, found: string | undefined): Failure {
  return new Failure({
    code: 'OVL704',
    severity: 'error',
    message: `${name} is not on the board as it was sent`,
    because: found === undefined ? 'it cannot be read' : `its SHA-256 is ${found}, and should be ${wanted}`,
    fix: 'run ovl deploy again; if it stays so, the flash or the memory of the board is failing',
  });
}
