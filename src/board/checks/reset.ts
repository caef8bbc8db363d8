/** Factory reset: something has to be able to ask for it. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

export function checkReset(checked: CheckedBoard): readonly Diagnostic[] {
  const { reset, storage } = checked.board;
  const asked = reset.cmdline || reset.file || reset.uboot_env !== undefined || reset.gpio !== undefined;
  if (asked || storage.type === 'tmpfs') return [];
  return [
    finding(
      checked,
      'OVL149',
      ['reset'],
      {
        message: 'nothing can ask for a factory reset',
        because: 'a board that cannot be reset has to be opened when its settings lock everybody out',
        fix: 'leave reset.cmdline or reset.file at true',
      },
      'warning',
    ),
  ];
}
