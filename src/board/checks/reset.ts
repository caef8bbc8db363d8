/** Factory reset: something has to be able to ask for it, and a button has to be one line. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

export function checkReset(checked: CheckedBoard): readonly Diagnostic[] {
  return [...nothingAsks(checked), ...volatileRequests(checked), ...button(checked)];
}

function nothingAsks(checked: CheckedBoard): readonly Diagnostic[] {
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

/** Where every power-off is a reset, nothing can remember that one was asked for, nor that it was done. */
function volatileRequests(checked: CheckedBoard): readonly Diagnostic[] {
  if (checked.board.storage.type !== 'tmpfs') return [];
  return (['uboot_env', 'gpio'] as const)
    .filter((key) => checked.board.reset[key] !== undefined)
    .map((key) =>
      finding(checked, 'OVL152', ['reset', key], {
        message: `reset.${key} asks for nothing on storage.type tmpfs`,
        because: 'tmpfs is memory: every power-off is a factory reset',
        fix: `leave reset.${key} away`,
      }),
    );
}

function button(checked: CheckedBoard): readonly Diagnostic[] {
  const { gpio } = checked.board.reset;
  if (gpio === undefined) return [];
  const { number, chip, line, gpioget } = gpio;
  const wrong = (key: keyof typeof gpio | undefined, message: string, because: string, fix: string) => [
    finding(checked, 'OVL152', key === undefined ? ['reset', 'gpio'] : ['reset', 'gpio', key], {
      message,
      because,
      fix,
    }),
  ];
  const onChip = chip !== undefined || line !== undefined;
  if (number !== undefined && onChip)
    return wrong(
      'number',
      'reset.gpio names its line twice',
      'number counts all lines of the board, chip and line those of one chip; they may be two lines',
      'keep chip and line: numbers depend on the order in which drivers start',
    );
  if (number === undefined && (chip === undefined || line === undefined))
    return wrong(
      undefined,
      'reset.gpio does not say which line the button is at',
      'it takes number, or both chip and line',
      'gpio: { chip: 1e000600.gpio, line: 5 }     (labels: cat /sys/class/gpio/gpiochip*/label)',
    );
  if (gpioget !== undefined && !onChip)
    return wrong(
      'gpioget',
      'gpioget does not know the numbers of /sys/class/gpio',
      'it takes the name of a chip and a line on it',
      'gpio: { chip: gpiochip0, line: 5, gpioget: v1 }',
    );
  return [];
}
