/** The program that repairs a board's storage, for the lab's own roots: statically linked, because they hold no libraries. */
import { readFile } from 'node:fs/promises';
import type { MountPlan } from '../../shared/plan.ts';
import { requireTool } from '../../system/tools.ts';
import type { Architecture } from '../../toolchain/targets.ts';
import { foreignProgram } from '../foreign.ts';
import { file, type RootFile } from './root-file.ts';

const ofExt4 = ['e2fsck', 'fsck.ext4'];

/**
 * What a plan's repair needs in the root; nothing where it repairs nothing.
 * @throws Failure OVL401 where this machine does not have the program, OVL406 when another processor's cannot be fetched
 */
export async function repairProgram(
  plan: MountPlan,
  arch: Architecture = 'x86_64',
): Promise<readonly RootFile[]> {
  const steps = plan.ladder.flatMap((rung) => rung.steps);
  const wanted = steps.flatMap((step) =>
    step.kind === 'mount' && step.repair !== undefined ? [step.repair] : [],
  );
  const [name] = wanted;
  if (name === undefined || !ofExt4.includes(name)) return [];
  const program =
    arch === 'x86_64'
      ? await readFile(requireTool('e2fsck.static'))
      : await foreignProgram(arch, 'e2fsck-static', 'sbin/e2fsck.static');
  return [file(`/sbin/${name}`, program, 0o755)];
}
