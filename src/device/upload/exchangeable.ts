/** Whether a folder of a board can be exchanged for another one by a rename. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { type Device, script } from '../device.ts';

const look = `
if [ -e "$2$1" ] || [ -h "$2$1" ]; then echo base
elif [ -e "$1" ] || [ -h "$1" ]; then echo there
else echo absent
fi
`;

/**
 * @param path absolute, on the board
 * @returns whether something is there already
 * @throws Failure OVL665 for what the read-only root has: overlay gives EXDEV for a directory of a layer below (its document, "Renaming
 * directories"), and mv then copies and deletes, which a power cut would stop in the middle
 */
export async function isThere(device: Device, path: string, signal: AbortSignal): Promise<boolean> {
  const command = script(look, path, boardPaths.oldRoot);
  const { stdout } = await device.run(command, { signal, boardState: 'unchanged' });
  const answer = stdout.toString('latin1').trim();
  if (answer !== 'base') return answer === 'there';
  throw new Failure({
    code: 'OVL665',
    severity: 'error',
    message: `${quoted(path)} cannot be exchanged on ${device.name}`,
    because: `the read-only root has it, at ${boardPaths.oldRoot}${quoted(path).slice(1, -1)}: a union cannot rename a directory of a layer below`,
    fix: 'name a folder that the root image does not have, such as /opt/app; or change the root image: ovl image',
    boardState: 'unchanged',
  });
}
