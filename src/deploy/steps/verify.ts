/** Whether the board has what was sent, and whether its own shell and kernel take it. Then the release gets its name. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { type DeployStep, releaseFolder } from '../deployment.ts';
import { digestOnBoard } from './digest.ts';
import { checked, type Doing } from './step.ts';

export async function verify(what: Doing, step: Extract<DeployStep, { kind: 'verify' }>): Promise<void> {
  const folder = releaseFolder(what.root, step.release);
  const partial = `${folder}.partial`;
  for (const { name, sha256 } of step.files) {
    const found = await digestOnBoard(what, `${partial}/${name}`);
    if (found !== sha256) throw differs(name, sha256, found);
  }
  await checked(what, 'check', [partial], "the board's own shell or kernel does not take what was sent");
  await checked(what, 'publish', [folder], 'the release cannot get its name');
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
