/** The YAML form of an Ansible inventory. Pure. */
import { type Document, parseDocument } from 'yaml';
import { Inventory, type Variables } from './inventory.ts';
import { expandRanges } from './ranges.ts';

/** Aliases that multiply would fill the memory. */
const mostAliases = 100;

/** Groups inside groups inside groups: deeper than this is no inventory that somebody has written. */
const deepest = 32;

/** @throws SyntaxError, or RangeError for a range that is none */
export function readYamlInventory(text: string): Inventory {
  const document = parseDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) throw new SyntaxError(problem.message.split('\n')[0]);
  const inventory = new Inventory();
  for (const [name, group] of membersOf(plainValue(document), 'the inventory'))
    readGroup(inventory, name, group, 0);
  return inventory;
}

function readGroup(inventory: Inventory, name: string, value: unknown, depth: number): void {
  if (depth > deepest) throw new SyntaxError(`group "${name}" lies too deep`);
  inventory.group(name);
  for (const [key, part] of membersOf(value, `group "${name}"`)) {
    if (key === 'hosts') readHosts(inventory, name, part);
    else if (key === 'vars') inventory.addVariables(name, variablesOf(part, `vars of "${name}"`));
    else if (key === 'children') {
      for (const [child, group] of membersOf(part, `children of "${name}"`)) {
        inventory.addChild(name, child);
        readGroup(inventory, child, group, depth + 1);
      }
    } else throw new SyntaxError(`group "${name}" has "${key}", and not only hosts, vars and children`);
  }
}

function readHosts(inventory: Inventory, group: string, value: unknown): void {
  for (const [pattern, variables] of membersOf(value, `hosts of "${group}"`))
    for (const host of expandRanges(pattern))
      inventory.addHost(group, host, variablesOf(variables, `host "${host}"`));
}

/** Those that are single values; others are of no use to a login. */
function variablesOf(value: unknown, what: string): Variables {
  return Object.fromEntries(
    membersOf(value, what)
      .filter(([, one]) => ['string', 'number', 'boolean'].includes(typeof one))
      .map(([name, one]) => [name, String(one)]),
  );
}

function membersOf(value: unknown, what: string): readonly (readonly [string, unknown])[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw new SyntaxError(`${what} is no mapping`);
  return Object.entries(value);
}

function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof ReferenceError) throw new SyntaxError(error.message);
    throw error;
  }
}
