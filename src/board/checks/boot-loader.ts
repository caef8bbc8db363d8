/** The boot loader: a file that nobody would look at. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

export function checkBootLoader(checked: CheckedBoard): readonly Diagnostic[] {
  const loader = checked.board.boot_loader;
  if (loader?.file === undefined) return [];
  if (loader.type === 'none')
    return [
      finding(checked, 'OVL158', ['boot_loader', 'file'], {
        message: 'boot_loader.file is given, but its type is none',
        because: 'with none, no configuration of a boot loader is read or written',
        fix: 'name the boot loader in boot_loader.type, or leave file away',
      }),
    ];
  if (loader.type === 'grub-d' && !/^\/etc\/default\/grub\.d\/[^/]+\.cfg$/.test(loader.file))
    return [
      finding(checked, 'OVL158', ['boot_loader', 'file'], {
        message: 'update-grub does not read this file',
        because: 'it reads /etc/default/grub.d/*.cfg, and grub-d writes a file of its own there',
        fix: 'file: /etc/default/grub.d/overlaykit.cfg     (or type: grub-cfg)',
      }),
    ];
  return [];
}
