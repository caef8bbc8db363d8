/** Which boards a command is for: those that were typed, those of a list, those of an Ansible inventory. */
import { extname } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { readInput } from '../../system/files.ts';
import type { Argument, Context, Input, Option } from '../command.ts';
import { requireHost } from '../device.ts';
import { usageFailure } from '../usage.ts';
import type { BoardHost } from './board-host.ts';
import { readIniInventory } from './inventory-ini.ts';
import { expandRanges } from './ranges.ts';

export const hostsArgument: Argument = {
  name: 'HOST',
  what: 'a board: a host of the ssh configuration, user@host:port or ssh://...; default: $OVL_HOST',
  required: false,
  repeats: true,
  completion: 'none',
};

export const hostsOptions: readonly Option[] = [
  { flags: '--hosts <FILE>', what: 'boards, one a line, # begins a comment', completion: 'file' },
  { flags: '--inventory <FILE>', what: 'boards of an Ansible inventory, INI or YAML', completion: 'file' },
  { flags: '--group <NAME>', what: 'only those of this group of the inventory', completion: 'none' },
];

/** Bytes; a list of ten thousand boards has about a megabyte. */
const listLimit = 4 << 20;

/** @throws Failure OVL003 to OVL005 for words that make no sense, OVL470 for a list that makes none, OVL4xx for files */
export async function boardHosts(
  words: readonly string[],
  input: Input,
  context: Context,
): Promise<readonly BoardHost[]> {
  const [list, inventory] = [input.value('hosts'), input.value('inventory')];
  if (input.value('group') !== undefined && inventory === undefined)
    throw usageFailure('OVL005', '--group is a group of an inventory, and there is none', '--inventory FILE');
  const typed = words.map((word) => ({ name: word, address: word }));
  const all = [
    ...typed,
    ...(list === undefined ? [] : await listed(list)),
    ...(inventory === undefined ? [] : await inventoried(inventory, input.value('group') ?? 'all')),
  ];
  if (all.length === 0 && list === undefined && inventory === undefined) {
    const host = requireHost(undefined, context);
    return [{ name: host, address: host }];
  }
  if (all.length === 0) throw unusable(list ?? inventory ?? '', 'there is no board in it');
  return once(all);
}

/** A board that was named twice is one: two commands on it would get in each other's way. */
function once(all: readonly BoardHost[]): readonly BoardHost[] {
  return [...new Map(all.map((host) => [`${host.name}\n${host.address}`, host])).values()];
}

async function listed(path: string): Promise<readonly BoardHost[]> {
  const text = Buffer.from(await readInput(path, listLimit)).toString('utf8');
  return text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .flatMap((line, index) => {
      if (line === '') return [];
      if (/\s/.test(line))
        throw unusable(path, `line ${index + 1}: one board a line, and no blanks in its name`);
      return reading(path, () => expandRanges(line)).map((host) => ({ name: host, address: host }));
    });
}

async function inventoried(path: string, group: string): Promise<readonly BoardHost[]> {
  const text = Buffer.from(await readInput(path, listLimit)).toString('utf8');
  const isYaml = ['.yml', '.yaml'].includes(extname(path)) || /^(?:---|[\w-]+:\s*$)/m.test(text);
  // The parser is loaded for those alone who name such an inventory.
  const read = isYaml ? (await import('./inventory-yaml.ts')).readYamlInventory : readIniInventory;
  const inventory = reading(path, () => read(text));
  const boards = inventory.boards(group);
  if (boards !== undefined) return boards;
  const known = inventory.groupNames.join(', ');
  throw usageFailure(
    'OVL004',
    `--group is "${visible(group)}", and ${visible(path)} has no such group`,
    known === '' ? 'it has no groups' : `one of ${visible(known)}`,
  );
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) throw unusable(path, error.message);
    throw error;
  }
}

function unusable(path: string, because: string): Failure {
  return new Failure({
    code: 'OVL470',
    severity: 'error',
    message: `${path} is no list of boards`,
    because,
    fix: 'ovl explain OVL470',
  });
}
