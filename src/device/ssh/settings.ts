/** How a board is reached, as this machine's ssh would do it: `ssh -G` resolves Host, Match and Include; without it, what ssh does by itself. */
import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import { findTool } from '../../system/tools.ts';
import type { Address } from './address.ts';

export type Proxy =
  | { readonly kind: 'none' }
  /** Text for the shell with %h, %p and %r, as the person wrote it. */
  | { readonly kind: 'command'; readonly command: string }
  /** Hosts between commas. */
  | { readonly kind: 'jump'; readonly hosts: string };

export interface SshSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  readonly bindAddress?: string;
  readonly proxy: Proxy;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket. */
  readonly agent?: string;
  readonly methods: { readonly publickey: boolean; readonly password: boolean; readonly keyboard: boolean };
  readonly batch: boolean;
  /** Where accepted keys are added is the first. */
  readonly userKnownHosts: readonly string[];
  readonly globalKnownHosts: readonly string[];
  readonly hostKeyAlias?: string;
  readonly strictHostKey: 'yes' | 'ask' | 'accept-new';
  readonly hashKnownHosts: boolean;
  readonly connectTimeoutMs: number;
  readonly aliveIntervalMs: number;
  readonly aliveCount: number;
  /** Every algorithm that ssh would offer; undefined where there is no ssh. */
  readonly offered?: readonly string[];
}

export interface SettingsOptions {
  /** Instead of ~/.ssh/config and the system's. */
  readonly configFile?: string;
  readonly signal?: AbortSignal;
}

const resolveMs = 15_000;
const connectMs = 15_000;
const aliveMs = 5_000;
const aliveCount = 3;

/** @throws Failure OVL502 where ssh refuses its own configuration */
export async function sshSettings(address: Address, options: SettingsOptions = {}): Promise<SshSettings> {
  const ssh = findTool('ssh');
  const lines = ssh === undefined ? [] : await resolvedBySsh(ssh, address, options);
  return settingsFrom(lines, address);
}

async function resolvedBySsh(
  ssh: string,
  address: Address,
  options: SettingsOptions,
): Promise<readonly string[]> {
  const words = [
    '-G',
    ...(options.configFile === undefined ? [] : ['-F', options.configFile]),
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    address.host,
  ];
  const result = await execa(ssh, words, {
    reject: false,
    stdin: 'ignore',
    timeout: resolveMs,
    env: { LC_ALL: 'C' },
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  options.signal?.throwIfAborted();
  if (!result.failed) return result.stdout.split('\n');
  throw new Failure({
    code: 'OVL502',
    severity: 'error',
    message: `ssh cannot make sense of its configuration for "${address.host}"`,
    because: lastLines(result.stderr) || 'it said nothing',
    fix: `ssh -G ${address.host}`,
    boardState: 'unchanged',
  });
}

/** What lines of `ssh -G` mean; none at all stand for ssh's own defaults. */
export function settingsFrom(lines: readonly string[], address: Address): SshSettings {
  const all = new Map<string, string[]>();
  for (const line of lines) {
    const at = line.indexOf(' ');
    if (at <= 0) continue;
    const key = line.slice(0, at).toLowerCase();
    all.set(key, [...(all.get(key) ?? []), line.slice(at + 1).trim()]);
  }
  const one = (key: string): string | undefined => {
    const value = all.get(key)?.[0];
    return value === 'none' || value === '' ? undefined : value;
  };
  const isOn = (key: string, usual: boolean): boolean => {
    const value = one(key);
    return value === undefined ? usual : value === 'yes' || value === 'true';
  };
  const number = (key: string): number | undefined => {
    const value = Number(one(key));
    return Number.isFinite(value) && value > 0 ? value : undefined;
  };
  const target = {
    host: one('hostname') ?? address.host,
    port: number('port') ?? address.port ?? 22,
    user: one('user') ?? address.user ?? userInfo().username,
  };
  const path = (text: string): string => expand(text, { ...target, name: address.host });
  const paths = (key: string, usual: readonly string[]): readonly string[] =>
    (all.get(key)?.[0]?.split(/\s+/) ?? usual).filter((text) => text !== 'none').map(path);
  const bindAddress = one('bindaddress');
  const alias = one('hostkeyalias');
  const agent = agentPath(one('identityagent'), all.get('identityagent')?.[0] === 'none', path);
  const alive = number('serveraliveinterval');
  return {
    ...target,
    addressFamily: family(one('addressfamily')),
    ...(bindAddress === undefined ? {} : { bindAddress }),
    proxy: proxyFrom(one('proxyjump'), one('proxycommand')),
    identityFiles: (all.get('identityfile') ?? usualIdentities).filter((text) => text !== 'none').map(path),
    identitiesOnly: isOn('identitiesonly', false),
    ...(agent === undefined ? {} : { agent }),
    methods: {
      publickey: isOn('pubkeyauthentication', true) || one('pubkeyauthentication') === 'unbound',
      password: isOn('passwordauthentication', true),
      keyboard: isOn('kbdinteractiveauthentication', true),
    },
    batch: isOn('batchmode', false),
    userKnownHosts: paths('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    globalKnownHosts: paths('globalknownhostsfile', [
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ]),
    ...(alias === undefined ? {} : { hostKeyAlias: alias }),
    strictHostKey: strictness(one('stricthostkeychecking')),
    hashKnownHosts: isOn('hashknownhosts', false),
    connectTimeoutMs: (number('connecttimeout') ?? connectMs / 1000) * 1000,
    aliveIntervalMs: alive === undefined ? aliveMs : alive * 1000,
    aliveCount: alive === undefined ? aliveCount : (number('serveralivecountmax') ?? aliveCount),
    ...(lines.length === 0
      ? {}
      : {
          offered: ['kexalgorithms', 'hostkeyalgorithms', 'ciphers', 'macs'].flatMap(
            (key) => one(key)?.split(',') ?? [],
          ),
        }),
  };
}

const usualIdentities = ['id_rsa', 'id_ecdsa', 'id_ed25519'].map((name) => `~/.ssh/${name}`);

function family(value: string | undefined): SshSettings['addressFamily'] {
  return value === 'inet' || value === 'inet6' ? value : 'any';
}

/** "no" of ssh takes every unknown key without a word; a changed one is never taken here. */
function strictness(value: string | undefined): SshSettings['strictHostKey'] {
  if (value === 'yes' || value === 'true') return 'yes';
  return value === 'accept-new' || value === 'no' || value === 'off' || value === 'false'
    ? 'accept-new'
    : 'ask';
}

function proxyFrom(jump: string | undefined, command: string | undefined): Proxy {
  if (jump !== undefined) return { kind: 'jump', hosts: jump };
  return command === undefined ? { kind: 'none' } : { kind: 'command', command };
}

function agentPath(
  setting: string | undefined,
  none: boolean,
  path: (text: string) => string,
): string | undefined {
  const usual = process.env.SSH_AUTH_SOCK;
  const named = setting === undefined || setting === 'SSH_AUTH_SOCK' ? usual : fromEnvironment(setting, path);
  return none || named === undefined || named === '' || !existsSync(named) ? undefined : named;
}

function fromEnvironment(setting: string, path: (text: string) => string): string | undefined {
  return setting.startsWith('$') ? process.env[setting.replace(/^\$\{?|\}$/g, '')] : path(setting);
}

/** The tokens of ssh_config(5) that stand for the host, and a leading "~". */
export function expand(
  text: string,
  target: { readonly host: string; readonly port: number; readonly user: string; readonly name: string },
): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    h: target.host,
    p: String(target.port),
    r: target.user,
    n: target.name,
    k: target.name,
    d: homedir(),
    u: userInfo().username,
    i: String(process.getuid?.() ?? 0),
  };
  const expanded = text.replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
  return expanded === '~' || expanded.startsWith('~/') ? join(homedir(), expanded.slice(1)) : expanded;
}
