/** The vocabulary of factory resets: what asks for one, and what survives it. */
import * as z from 'zod';
import { absolutePath, duration, must, word } from './values.ts';

const ubootEnv = z
  .strictObject({
    name: word(
      'a U-Boot variable',
      'letters, digits and "_", "-", "." after a letter or "_"',
      /^[A-Za-z_][A-Za-z0-9_.-]*$/,
    )
      .describe('Name of the variable.')
      .meta({ examples: ['overlaykit'] }),
    value: word('a value of a U-Boot variable', 'printable ASCII without blanks', /^[!-~]+$/)
      .describe('The value that asks for a reset; the variable is deleted once the reset is done.')
      .meta({ examples: ['reset'] }),
    options: z
      .array(
        word(
          'an option of fw_printenv',
          'letters, digits and "_./:=@%+,-"; one word an entry',
          /^[A-Za-z0-9_./:=@%+,-]+$/,
        ),
      )
      .default([])
      .describe(
        'Words that fw_printenv and fw_setenv get first; where they want to lock a file below /var, -l /run moves it.',
      )
      .meta({ examples: [['-l', '/run']] }),
  })
  .describe(
    'A variable of the U-Boot environment that asks for a factory reset. The board needs fw_printenv and fw_setenv; every boot runs the first.',
  );

export const buttonLevels = ['low', 'high'] as const;

const gpio = z
  .strictObject({
    number: z.int().min(0).max(65_535).optional().describe('Number of the line, as /sys/class/gpio counts.'),
    chip: word('a GPIO chip', 'one word', /^[!-.0-~]+$/)
      .optional()
      .describe(
        'Label of the chip (/sys/class/gpio/gpiochip*/label) in place of a number, which depends on the order of drivers; with gpioget its name.',
      )
      .meta({ examples: ['1e000600.gpio', 'gpiochip0'] }),
    line: z.int().min(0).max(65_535).optional().describe('Number of the line on the chip.'),
    active: z
      .enum(buttonLevels, must('a level', 'a GPIO line is low or high'))
      .default('low')
      .describe('Level of the line while the button is pressed.'),
    hold: duration
      .default(2000)
      .describe('How long a button that is pressed has to stay so; a boot without it waits for nothing.'),
    gpioget: z
      .enum(['v1', 'v2'], must('a version of gpioget', 'libgpiod 1 and 2 take different words'))
      .optional()
      .describe(
        'Read chip and line with gpioget of libgpiod 1 or 2, for kernels without /sys/class/gpio; every boot runs it.',
      ),
  })
  .describe('A button that asks for a factory reset while it is held at boot.');

export const reset = z
  .strictObject({
    cmdline: z.boolean().default(true).describe('Reset when the kernel command line has overlaykit=reset.'),
    file: z.boolean().default(true).describe('Reset when /overlay/overlaykit/reset exists.'),
    uboot_env: ubootEnv.optional(),
    gpio: gpio.optional(),
  })
  .describe('What asks for a factory reset.');

export const identityPolicies = ['keep', 'new', 'provisioned'] as const;

export const identity = z
  .array(
    z.strictObject({
      path: absolutePath
        .describe('File or directory that makes this board differ from the next.')
        .meta({ examples: ['/etc/dropbear'] }),
      policy: z
        .enum(
          identityPolicies,
          must('a policy', 'it says what becomes of an identity when the upper changes'),
        )
        .describe(
          'keep: what the running board has is stored after each confirmed boot, and survives resets and rollbacks. new: a factory reset makes a new one. provisioned: only `overlay_helper provision` stores it; a board without it says so.',
        ),
    }),
  )
  .default([])
  .describe(
    'What is kept apart from the uppers: host keys, certificates, machine-id. Every generation that boots gets it.',
  );
