/** What went wrong on the way to a login, in words: with what the server said, what was tried, and what to do. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted, visible } from '../../diagnostics/escape.ts';
import { kindNames, mismatch, type Offer } from './algorithms.ts';
import type { Stage } from './handshake.ts';
import type { Login } from './login.ts';
import type { ServerGreeting } from './server-offer.ts';
import type { SshSettings } from './settings.ts';

const common = { severity: 'error', boardState: 'unchanged' } as const;

function at({ host, port }: SshSettings): string {
  return port === 22 ? host : `${host} (port ${port})`;
}

export function tooSlow(settings: SshSettings, stage: Stage): Diagnostic {
  const what: Readonly<Record<Stage, string>> = {
    connecting:
      'there was no answer at all: the address is wrong, the board is off, or a firewall drops the packets',
    greeting: 'the connection stands, and nothing was said: the server hangs, or it is no SSH server',
    'key exchange': 'the key exchange did not come to its end',
    login: 'the server did not answer the login',
  };
  return {
    ...common,
    code: 'OVL507',
    message: `${at(settings)} took longer than ${settings.connectTimeoutMs / 1000} seconds`,
    because: what[stage],
    fix: `look whether "ssh ${settings.host}" does better; ConnectTimeout in ~/.ssh/config gives it longer`,
  };
}

export function tooMuch(settings: SshSettings, limit: number): Diagnostic {
  return {
    ...common,
    code: 'OVL506',
    message: `${at(settings)} talks without end before the login`,
    because: `it sent more than ${limit >> 10} KiB; no SSH server needs so many`,
    fix: 'look at the banner of the server (dropbear -b, Banner in sshd_config)',
  };
}

export function notAnSshServer(settings: SshSettings, start: Buffer, words: string): Diagnostic {
  const line = start.toString('latin1').split('\n', 1)[0] ?? '';
  const said = line === '' ? 'it closed the connection without a word' : `it said ${quoted(line)}`;
  return {
    ...common,
    code: 'OVL506',
    message: `no SSH server answers at ${at(settings)}`,
    because: words === '' ? said : `${said}\n${visible(words)}`,
    fix: 'check host, port and what stands between; a server with all its places taken closes like this too',
  };
}

/** Undefined where the two sides do have something in common. */
export function noAgreement(
  settings: SshSettings,
  software: string,
  ours: Offer,
  theirs: Offer,
): Diagnostic | undefined {
  const missing = mismatch(ours, theirs);
  if (missing.length === 0) return undefined;
  const legacy = missing.flatMap((one) => one.legacy.slice(0, 1));
  const helps = missing.every((one) => one.legacy.length > 0);
  return {
    ...common,
    code: 'OVL508',
    message: `${at(settings)} (${visible(software).slice(0, 60)}) has only algorithms that are not offered to it`,
    because: missing
      .map((one) => `${kindNames[one.kind]}: it has ${visible(one.theirs.join(', ')).slice(0, 300)}`)
      .join('\n'),
    fix: helps
      ? `if the board's server cannot be renewed, in the board file:\ntarget:\n  legacy_algorithms: [${legacy.join(', ')}]`
      : "renew the board's SSH server: none of these algorithms can be used",
  };
}

/** @param cause what the server said when it ended the connection */
export function refused(
  settings: SshSettings,
  greeting: ServerGreeting | undefined,
  login: Login,
  cause: unknown,
): Diagnostic {
  const open = login.open();
  const unanswered = open === undefined || open === '' ? [] : [{ what: open, result: 'no answer' }];
  const rows = [...login.attempts(), ...unanswered].map(({ what, result }) => `${visible(what)}: ${result}`);
  const methods = login.methods();
  return {
    ...common,
    code: 'OVL520',
    message: `${settings.user}@${at(settings)} refuses the login`,
    because: [
      ...rows,
      ...(open === undefined ? [] : [`then the server closed the connection${saidWords(cause)}`]),
      `the server takes ${methods.length === 0 ? 'nothing that is known here' : visible(methods.join(', ')).slice(0, 200)}`,
    ].join('\n'),
    fix: advice(settings, methods, greeting?.software ?? ''),
  };
}

function saidWords(cause: unknown): string {
  return cause instanceof Error ? `: ${visible(cause.message).slice(0, 200)}` : '';
}

function advice(settings: SshSettings, methods: readonly string[], software: string): string {
  if (!methods.includes('publickey')) return `ssh -v ${settings.user}@${settings.host}`;
  const file = software.startsWith('dropbear') ? '/etc/dropbear/authorized_keys' : '~/.ssh/authorized_keys';
  return `put your public key into ${file} on the board; with many keys, name the right one: IdentityFile and IdentitiesOnly in ~/.ssh/config`;
}

export function brokenOff(settings: SshSettings, stage: Stage, cause: unknown): Diagnostic {
  const reason = cause instanceof Error ? visible(cause.message).slice(0, 200) : 'it closed the connection';
  return {
    ...common,
    code: 'OVL509',
    message: `${at(settings)} broke off during ${stage === 'login' ? 'the login' : stage === 'greeting' ? 'its greeting' : 'the key exchange'}`,
    because: reason,
    fix: `ssh -v ${settings.user}@${settings.host}`,
  };
}
