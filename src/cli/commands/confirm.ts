/** `ovl confirm`: the running boot is a good one. */

import { changeBoard } from '../board-change.ts';
import type { CommandBody } from '../command.ts';
import { hostsArgument } from '../fleet/hosts.ts';
import { eachBoard, fleetOptions } from '../fleet/on-boards.ts';

export const confirm: CommandBody = {
  details: `A generation that is being tried stays from now on; without this the board takes the one before it after some boots.
Boards whose file says confirm: auto do it by themselves.`,
  examples: [{ line: 'ovl confirm ar150', what: 'keeps what was deployed' }],
  arguments: [hostsArgument],
  options: fleetOptions,
  exits: ['host', 'connection', 'unsuitable', 'unknown'],
  run: eachBoard({
    command: 'confirm',
    act: (device, context) =>
      changeBoard(device, ['confirm'], { signal: context.signal, state: 'confirmed' }),
  }),
};
