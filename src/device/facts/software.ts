/** What a board says of its programs, its init, its boot loader and of overlaykit. Pure; any text will do. */
import * as z from 'zod';
import { sha256 } from '../../bundle/digest.ts';
import { parseManifest } from '../../bundle/manifest.ts';
import { type InitSystem, type PathKind, pathKinds } from './facts.ts';
import { lines } from './lines.ts';

/** /etc/os-release: shell assignments, the values in quotes or not. */
export function osRelease(text: string) {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, 'm').exec(text)?.[1];
  const found = {
    id: field('ID'),
    name: field('PRETTY_NAME') ?? field('NAME'),
    version: field('VERSION_ID'),
  };
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  );
}

/** NAME PATH, or NAME builtin. */
export function programs(text: string): readonly { readonly name: string; readonly path?: string }[] {
  return lines(text).map((line) => {
    const at = line.indexOf(' ');
    const [name, path] = at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    return { name, ...(path.startsWith('/') ? { path } : {}) };
  });
}

/** What each of the paths is, in the order in which they were asked for. */
export function pathKindsOf(text: string, asked: readonly string[]) {
  const said = lines(text);
  if (said.length !== asked.length) return undefined;
  const kinds = said.map((word) => pathKinds.find((kind) => kind === word));
  if (kinds.includes(undefined)) return undefined;
  return asked.map((path, index) => ({ path, kind: kinds[index] as PathKind }));
}

/** The init system, by the name of process 1 and by its program. */
export function initSystem(name: string | undefined, program: string | undefined) {
  if (name === undefined && program === undefined) return undefined;
  const file = program
    ?.replace(/ \(deleted\)$/, '')
    .split('/')
    .at(-1);
  return {
    ...(name === undefined ? {} : { name }),
    ...(program === undefined ? {} : { program }),
    system: systemOf(name, file),
  };
}

function systemOf(name: string | undefined, file: string | undefined): InitSystem {
  if (name === 'systemd' || file === 'systemd') return 'systemd';
  if (name === 'procd' || file === 'procd') return 'procd';
  if (file === 'busybox') return 'busybox';
  if (name === 'openrc-init' || file === 'openrc-init') return 'openrc';
  return file === 'init' ? 'sysvinit' : 'other';
}

/** Variables that say how the board boots. An environment holds serial numbers and keys too, which are nobody's business. */
const kept = [
  'altbootcmd',
  'boot_targets',
  'bootargs',
  'bootcmd',
  'bootcount',
  'bootdelay',
  'bootlimit',
  'fdtfile',
  'upgrade_available',
  'ver',
];

/** fw_printenv: NAME=VALUE a line. */
export function ubootEnvironment(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const at = line.indexOf('=');
    return at > 0 && kept.includes(line.slice(0, at))
      ? [[line.slice(0, at), line.slice(at + 1)] as const]
      : [];
  });
  return Object.fromEntries(pairs);
}

const status = z.object({
  rung: z.string(),
  plan: z.string(),
  board: z.string(),
  generation: z.union([z.string(), z.number()]),
});

/** /run/overlaykit/status.json. */
export function bootStatus(text: string) {
  const result = status.safeParse(jsonOf(text));
  if (!result.success) return undefined;
  const { rung, plan, board, generation } = result.data;
  return { rung, plan, board, generation: String(generation) };
}

/** /etc/overlaykit/manifest.json: what bundle the board has. */
export function manifestFacts(text: string, bytes: Uint8Array) {
  const parsed = parseManifest(text);
  if (!('value' in parsed)) return undefined;
  const { board, planDigest, overlaykit } = parsed.value;
  return { board: board.name, planDigest, overlaykit, sha256: sha256(bytes) };
}

/** NAME yes, or NAME no and what was said. */
export function scratchResults(text: string) {
  return lines(text).flatMap((line) => {
    const match = /^(\S+) (yes|no)(?: (.*))?$/.exec(line);
    if (match === null) return [];
    const [, name = '', answer, said = ''] = match;
    return [{ name, works: answer === 'yes', ...(said === '' ? {} : { said }) }];
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
