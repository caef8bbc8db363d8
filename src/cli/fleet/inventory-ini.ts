/** The INI form of an Ansible inventory. Pure. */
import { Inventory, type Variables } from './inventory.ts';
import { expandRanges } from './ranges.ts';

/** @throws SyntaxError with the number of the line; RangeError for a range that is none */
export function readIniInventory(text: string): Inventory {
  const inventory = new Inventory();
  let [group, kind] = ['ungrouped', 'hosts'];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const where = `line ${index + 1}`;
    const section = /^\[([^\]:\s]+)(?::(vars|children))?\]\s*(?:[#;].*)?$/.exec(line);
    if (section !== null) {
      [, group = '', kind = 'hosts'] = section;
      kind = section[2] ?? 'hosts';
      inventory.group(group);
      continue;
    }
    if (line.startsWith('[') && !/^\[[^\]]*:[^\]]*\]/.test(line))
      throw new SyntaxError(`${where}: "${line}" is no section`);
    readLine(inventory, group, kind, line, where);
  }
  return inventory;
}

function readLine(inventory: Inventory, group: string, kind: string, line: string, where: string): void {
  if (kind === 'vars') {
    inventory.addVariables(group, variable(line, where));
    return;
  }
  const [name = '', ...rest] = wordsOf(line, where);
  if (kind === 'children') {
    inventory.addChild(group, name);
    return;
  }
  const variables: Variables = Object.assign({}, ...rest.map((word) => variable(word, where)));
  for (const host of expandRanges(name)) {
    const { host: address, port } = withoutPort(host);
    inventory.addHost(group, address, {
      ...(port === undefined ? {} : { ansible_port: port }),
      ...variables,
    });
  }
}

/** A host may have its port behind it; an IPv6 address without brackets has none. */
function withoutPort(host: string): { readonly host: string; readonly port?: string } {
  const match = /^([^:]+|\[[^\]]+\]):(\d{1,5})$/.exec(host);
  if (match === null) return { host };
  const [, address = '', port = ''] = match;
  return { host: address, port };
}

function variable(word: string, where: string): Variables {
  const at = word.indexOf('=');
  if (at < 1) throw new SyntaxError(`${where}: "${word}" is no NAME=VALUE`);
  const value = word.slice(at + 1).trim();
  const quotes = /^(["'])(.*)\1$/.exec(value);
  return { [word.slice(0, at).trim()]: quotes?.[2] ?? value };
}

/** Words as a shell would take them apart; what follows a " #" is a comment. */
function wordsOf(line: string, where: string): readonly string[] {
  const words: string[] = [];
  let rest = line;
  while (rest !== '' && !rest.startsWith('#')) {
    const match = /^(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/.exec(rest);
    if (match === null) throw new SyntaxError(`${where}: a quote is not closed`);
    words.push(
      match[0].replaceAll(
        /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
        (_, one, two, three) => one ?? two ?? three,
      ),
    );
    rest = rest.slice(match[0].length).trimStart();
  }
  return words;
}
