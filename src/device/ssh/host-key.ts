/** Whether the key that a server shows is the board's. Decided before anything that is secret is sent. */
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { quote } from '../../render/quote.ts';
import { fingerprint, keyName } from './fingerprint.ts';
import { type HostKey, judge, type KnownHost, lookupName, typeOf } from './known-hosts.ts';
import { addKnownHost } from './known-hosts-file.ts';
import type { Questions } from './questions.ts';
import type { SshSettings } from './settings.ts';

export interface HostKeyCheck {
  readonly settings: SshSettings;
  readonly known: readonly KnownHost[];
  /** The one key that will do, as SHA256:..., and no question: from the command line, or from the login before a reboot. */
  readonly expected?: string;
  readonly acceptHostKey?: (
    shown: Parameters<NonNullable<Questions['acceptHostKey']>>[0],
  ) => Promise<boolean>;
}

/**
 * Passes where the key is known, expected or accepted, and adds it to known_hosts in the last case.
 * @throws Failure OVL510 to OVL515
 */
export async function checkHostKey(blob: Buffer, check: HostKeyCheck): Promise<void> {
  const { settings } = check;
  const key: HostKey = { type: typeOf(blob), blob };
  const { host, port } = placeOf(settings);
  const shown = shownBy(blob, settings);
  const verdict = judge(check.known, host, port, key);
  if (verdict.kind === 'revoked') throw new Failure(revoked(shown, verdict.entry));
  if (verdict.kind === 'changed') throw new Failure(changed(shown, verdict.entry));
  if (check.expected !== undefined) {
    if (shown.fingerprint !== check.expected) throw new Failure(notTheOneGiven(shown, check.expected));
    return;
  }
  if (verdict.kind === 'known') return;
  const others = verdict.others.map(({ file, line }) => `${file}:${line}`);
  await accept({ ...shown, others }, check);
  const [file] = settings.userKnownHosts;
  if (file !== undefined) await addKnownHost(file, { host, port, key, hashed: settings.hashKnownHosts });
}

type Shown = Parameters<NonNullable<Questions['acceptHostKey']>>[0];

/** An alias stands for itself, whatever the port is (ssh_config(5), HostKeyAlias). */
export function placeOf({ host, port, hostKeyAlias }: SshSettings): {
  readonly host: string;
  readonly port: number;
} {
  return hostKeyAlias === undefined ? { host, port } : { host: hostKeyAlias, port: 22 };
}

function shownBy(blob: Buffer, settings: SshSettings): Shown {
  const { host, port } = placeOf(settings);
  return {
    host: lookupName(host, port),
    type: keyName(typeOf(blob)),
    fingerprint: fingerprint(blob),
    others: [],
  };
}

/**
 * What to say where keys are exchanged again after the login, and another host key is shown.
 * @param before that of the login, SHA256:...
 */
export function changedMeanwhile(blob: Buffer, before: string, settings: SshSettings): Diagnostic {
  const { host, type, fingerprint: print } = shownBy(blob, settings);
  return {
    code: 'OVL516',
    severity: 'error',
    message: `the host key of ${host} changed during the connection: it shows ${type} ${print}`,
    because: `it was ${before} at the login, and keys were exchanged again: something else answers in the board's place now; the connection was ended`,
    fix: 'find out what stands between this machine and the board before you log in again',
  };
}

async function accept(shown: Shown, check: HostKeyCheck): Promise<void> {
  const { strictHostKey, batch } = check.settings;
  if (strictHostKey === 'accept-new' && shown.others.length === 0) return;
  const ask = strictHostKey === 'yes' || batch ? undefined : check.acceptHostKey;
  if (ask === undefined)
    throw new Failure(unknown(shown, 'nobody could be asked whether it is the right one'));
  if (!(await ask(shown))) throw new Failure(unknown(shown, 'it was not accepted'));
}

function unknown({ host, type, fingerprint: print, others }: Shown, reason: string): Diagnostic {
  const known =
    others.length === 0 ? '' : `; the host is known by keys of other types (${others.join(', ')})`;
  return {
    code: 'OVL510',
    severity: 'error',
    message: `the host key of ${host} is not known: ${type} ${print}`,
    because: `${reason}${known}; nothing secret was sent`,
    fix: `compare it with the board's own (ssh-keygen -lf, dropbearkey -y), then --host-key ${print}`,
    boardState: 'unchanged',
  };
}

function changed({ host, type, fingerprint: print }: Shown, { file, line, key }: KnownHost): Diagnostic {
  return {
    code: 'OVL511',
    severity: 'error',
    message: `the host key of ${host} has changed: it shows ${type} ${print}`,
    because: `${file}:${line} has ${fingerprint(Buffer.from(key, 'base64'))}. The board was flashed or reset, or something else answers in its place; nothing secret was sent`,
    fix: `if the board has a new key: ssh-keygen -f ${quote(file)} -R ${quote(host)}`,
    boardState: 'unchanged',
  };
}

function revoked({ host, type, fingerprint: print }: Shown, { file, line }: KnownHost): Diagnostic {
  return {
    code: 'OVL512',
    severity: 'error',
    message: `the host key of ${host} is revoked: ${type} ${print}`,
    because: `${file}:${line} says that this key is not to be trusted any more; nothing secret was sent`,
    fix: 'give the board a new host key',
    boardState: 'unchanged',
  };
}

function notTheOneGiven({ host, type, fingerprint: print }: Shown, expected: string): Diagnostic {
  return {
    code: 'OVL513',
    severity: 'error',
    message: `the host key of ${host} is not ${expected} but ${type} ${print}`,
    because:
      'another board has the address, the board was flashed or reset, or something else answers in its place; nothing secret was sent',
    fix: 'find out which board this is before giving its key',
    boardState: 'unchanged',
  };
}
