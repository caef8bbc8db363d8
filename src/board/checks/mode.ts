/** What runs in the union: the whole system, or one application that has to be named. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

export function checkMode(checked: CheckedBoard): readonly Diagnostic[] {
  const { mode, application } = checked.board;
  if (mode === 'application' && application === undefined)
    return [
      finding(checked, 'OVL144', ['mode'], {
        message: 'nothing says which application runs in the union',
        because:
          'with mode application the system stays on the read-only root, and one program is started in the union',
        fix: 'application: { command: [/usr/bin/app] }     (for example)',
      }),
    ];
  if (mode === 'system' && application !== undefined)
    return [
      finding(checked, 'OVL145', ['application'], {
        message: 'application is given, but the mode is system',
        because:
          'with mode system the whole board runs in the merged root, and its own init starts the programs',
        fix: 'add mode: application, or leave application away',
      }),
    ];
  return [];
}
