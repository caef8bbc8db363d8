/** The steps that look who asks for a factory reset beside the request file and the kernel command line. */
import type { Board } from '../board/schema.ts';
import type { AskButtonStep, ButtonLine, Step } from '../shared/step.ts';

type Button = NonNullable<Board['reset']['gpio']>;

/** They come after the storage is mounted, where it is remembered which requests were served. */
export function requestSteps({ reset: { uboot_env: variable, gpio } }: Board): readonly Step[] {
  return [
    ...(variable === undefined ? [] : [{ kind: 'ask-uboot-env', ...variable } as const]),
    ...(gpio === undefined ? [] : [askButton(gpio)]),
  ];
}

function askButton(gpio: Button): AskButtonStep {
  return {
    kind: 'ask-button',
    line: buttonLine(gpio),
    pressed: gpio.active === 'high' ? 1 : 0,
    holdMs: gpio.hold,
  };
}

/** The checks of the board file have seen to it that one of the two is whole. */
function buttonLine({ number, chip = '', line = 0, gpioget }: Button): ButtonLine {
  if (number !== undefined) return { by: 'number', number };
  if (gpioget === undefined) return { by: 'label', label: chip, line };
  return { by: 'gpioget', version: gpioget === 'v1' ? 1 : 2, chip, line };
}
