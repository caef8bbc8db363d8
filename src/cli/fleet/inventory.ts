/**
 * An Ansible inventory as far as boards need it: hosts with their addresses, groups, groups of groups. Both readers, INI and
 * YAML, fill the same tables; what is here turns them into boards. Pure.
 */
import type { BoardHost } from './board-host.ts';

export type Variables = Readonly<Record<string, string>>;

export class Inventory {
  readonly #hosts = new Map<string, Record<string, string>>();
  readonly #groups = new Map<string, Group>();

  /** A host, in a group; one that is there already gets more variables. */
  addHost(group: string, name: string, variables: Variables): void {
    const known = this.#hosts.get(name) ?? {};
    this.#hosts.set(name, Object.assign(known, variables));
    this.group(group).hosts.add(name);
  }

  addVariables(group: string, variables: Variables): void {
    Object.assign(this.group(group).variables, variables);
  }

  addChild(group: string, child: string): void {
    this.group(group).children.add(child);
    this.group(child);
  }

  group(name: string): Group {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const made: Group = { hosts: new Set(), children: new Set(), variables: {} };
    this.#groups.set(name, made);
    return made;
  }

  get groupNames(): readonly string[] {
    return [...this.#groups.keys()].filter((name) => name !== 'all' && name !== 'ungrouped').toSorted();
  }

  /** The boards of a group and of those in it, in the order of the file; undefined where there is no such group. */
  boards(name: string): readonly BoardHost[] | undefined {
    if (name !== 'all' && !this.#groups.has(name)) return undefined;
    const members = name === 'all' ? new Set(this.#hosts.keys()) : this.#members(name, new Set());
    return [...this.#hosts].filter(([host]) => members.has(host)).map(([host]) => this.#board(host));
  }

  #members(name: string, seen: Set<string>): Set<string> {
    // Groups may name each other.
    if (seen.has(name)) return new Set();
    seen.add(name);
    const { hosts, children } = this.group(name);
    return new Set([...hosts, ...[...children].flatMap((child) => [...this.#members(child, seen)])]);
  }

  #board(name: string): BoardHost {
    const variables = this.#variablesOf(name);
    const read = (key: string): string | undefined =>
      variables[`ansible_${key}`] ?? variables[`ansible_ssh_${key}`];
    const [host, user, port] = [read('host') ?? name, read('user'), read('port')];
    const identity = read('private_key_file');
    const place = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return {
      name,
      address: `${user === undefined ? '' : `${user}@`}${place}${port === undefined ? '' : `:${port}`}`,
      ...(identity === undefined ? {} : { identity }),
    };
  }

  /** Those of "all", then of its groups, those in groups deeper down last, then its own. */
  #variablesOf(name: string): Variables {
    const depths = [...this.#groups]
      .filter(([group]) => group !== 'all' && this.#members(group, new Set()).has(name))
      .map(([group, { variables }]) => ({ group, variables, depth: this.#depth(group, new Set()) }))
      .toSorted((a, b) => a.depth - b.depth || (a.group < b.group ? -1 : 1));
    const all = this.#groups.get('all')?.variables ?? {};
    return Object.assign({}, all, ...depths.map(({ variables }) => variables), this.#hosts.get(name));
  }

  #depth(name: string, seen: Set<string>): number {
    if (seen.has(name)) return 0;
    seen.add(name);
    const parents = [...this.#groups]
      .filter(([, { children }]) => children.has(name))
      .map(([group]) => group);
    return 1 + Math.max(0, ...parents.map((parent) => this.#depth(parent, seen)));
  }
}

export interface Group {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly variables: Record<string, string>;
}
