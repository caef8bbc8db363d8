/** Tells the boot loader. The file must still be the one that was read: another program may have written it since. */
import { program, succeeded } from '../../device/device.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { DeployStep } from '../deployment.ts';
import { environmentWords } from '../loaders/u-boot.ts';
import { checked, type Doing, refused } from './step.ts';

export async function editLoader(
  what: Doing,
  step: Extract<DeployStep, { kind: 'edit-loader' }>,
): Promise<void> {
  if (step.loader === 'u-boot') return setEnvironment(what, step.to, step.path);
  const now = await what.device.run(program('cat', step.path), { ...what.run, limit: 1 << 20 });
  const text = succeeded(now) ? now.stdout.toString('utf8') : '';
  if (text !== step.from) throw changedMeanwhile(step.path);
  const cannot = `${visible(step.path)} cannot be written`;
  await checked(what, 'replace', [step.path], cannot, Buffer.from(step.to));
  if (step.loader === 'grub-d') await updateGrub(what);
}

/**
 * One write of the environment for each variable, the one that counts last: the two fw_setenv that are about take different scripts.
 * @param path of the configuration that says where the environment is, or the name of the program where that is the usual one
 * @throws Failure OVL704 with what fw_setenv said
 */
export async function setEnvironment(what: Doing, lines: string, path: string): Promise<void> {
  for (const line of lines.split('\n').filter((one) => one !== '')) {
    const [name = ''] = line.split(' ', 1);
    const value = line.slice(name.length + 1);
    const words = value === '' ? [name] : [name, value];
    const outcome = await what.device.run(
      program('fw_setenv', ...environmentWords(path), ...words),
      what.run,
    );
    if (!succeeded(outcome)) throw new Failure(refused("U-Boot's environment cannot be written", outcome));
  }
}

/** Makes grub.cfg of what the file of ours says. @throws Failure OVL704 with what update-grub said */
export async function updateGrub(what: Doing): Promise<void> {
  await checked(what, 'update_grub', [what.root], 'update-grub failed');
}

function changedMeanwhile(path: string): Failure {
  return new Failure({
    code: 'OVL704',
    severity: 'error',
    message: `${visible(path)} has changed since it was read`,
    because: 'somebody else writes to it, and their change would be lost',
    fix: 'run ovl deploy again',
  });
}
