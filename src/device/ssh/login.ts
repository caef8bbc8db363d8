/**
 * Logging in: what is tried, in which order, how often, and the table of it for the diagnostic. Comes into play only after
 * the host key was checked: ssh2 begins with authentication when the key exchange is over.
 */
import type { AnyAuthMethod, AuthenticationType, KeyboardInteractiveAuthMethod, ParsedKey } from 'ssh2';
import { visible } from '../../diagnostics/escape.ts';
import { type AgentKey, agentKeys } from './agent.ts';
import { fingerprint, keyName } from './fingerprint.ts';
import { type Identity, parsePrivate, readIdentity } from './identity.ts';
import type { Questions } from './questions.ts';
import type { SshSettings } from './settings.ts';

/** One row of the table: what was tried, and what became of it. */
export interface Attempt {
  readonly what: string;
  readonly result: 'refused' | 'accepted' | 'not enough' | 'no answer' | `skipped: ${string}`;
}

export interface LoginOptions {
  readonly settings: SshSettings;
  readonly questions: Questions;
  /** Tried once, before anybody is asked. */
  readonly password?: string;
  /** Around every question: time spent by a person is not the board's. */
  readonly whileAsking: <T>(ask: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

export interface Login {
  /** For ssh2: gives its callback what to try next, or false. */
  readonly handler: (
    left: readonly AuthenticationType[] | null,
    partial: boolean | null,
    next: (method: AnyAuthMethod | false) => void,
  ) => undefined;
  readonly attempts: () => readonly Attempt[];
  /**
   * What the server has not answered when it closes the connection; empty where nothing was, as while a person is asked. Undefined once
   * there is nothing left to try: then it is not the server that ends it.
   */
  readonly open: () => string | undefined;
  /** What the server takes, as it said last. */
  readonly methods: () => readonly string[];
  /** Says that the last one was accepted: it comes first at the next login, with the secret that was given. */
  readonly succeed: () => Memory;
}

/** What was accepted before: nobody is asked twice for it. */
export interface Memory {
  readonly what?: string;
  readonly password?: string;
  readonly passphrases: ReadonlyMap<string, string>;
}

interface Candidate {
  readonly method: AuthenticationType;
  readonly what: string;
  readonly auth: AnyAuthMethod;
  readonly password?: string;
}

/** Servers close the connection after six failures (OpenSSH's MaxAuthTries) and some lock the address out after a few more. */
const mostKeys = 5;
const mostPasswords = 3;

export function login(options: LoginOptions, memory: Memory = { passphrases: new Map() }): Login {
  const attempts: Attempt[] = [];
  const passphrases = new Map(memory.passphrases);
  let methods: readonly string[] = [];
  let current: Candidate | undefined;
  let open: string | undefined = '';
  const username = options.settings.user;
  const source = candidates();
  // Read while the keys are exchanged. Nothing of them is shown to anybody before the host key was checked.
  const identitiesRead = options.settings.methods.publickey
    ? Promise.all(options.settings.identityFiles.map(readIdentity))
    : Promise.resolve([]);
  // Whoever asks for them is told.
  identitiesRead.catch(() => {});

  function skip(what: string, reason: string): void {
    attempts.push({ what, result: `skipped: ${reason}` });
  }

  const offers = (method: string): boolean => methods.includes(method);

  async function* candidates(): AsyncGenerator<Candidate> {
    yield { method: 'none', what: 'no password', auth: { type: 'none', username } };
    if (offers('publickey') && options.settings.methods.publickey) yield* keys();
    if (offers('password') && options.settings.methods.password) yield* passwords();
    else if (offers('keyboard-interactive') && options.settings.methods.keyboard) yield* keyboard();
  }

  async function* keys(): AsyncGenerator<Candidate> {
    const all: Candidate[] = [];
    const identities = (await identitiesRead).filter((one) => one !== undefined);
    const agent = options.settings.agent === undefined ? [] : await agentKeys(options.settings.agent);
    const named = agent.filter((one) => identities.some((file) => isSame(file, one)));
    const others = options.settings.identitiesOnly ? [] : agent.filter((one) => !named.includes(one));
    for (const one of [...named, ...others])
      all.push({
        method: 'publickey',
        what: `agent ${keyWords(one.key)}`,
        auth: { type: 'agent', username, agent: one.agent },
      });
    for (const one of identities) {
      if (one.kind !== 'key' || agent.some((key) => isSame(one, key))) continue;
      all.push(ofFile(one.path, one.key));
    }
    const first = all.filter(({ what }) => what === memory.what);
    const ordered = [...first, ...all.filter(({ what }) => what !== memory.what)];
    yield* ordered.slice(0, mostKeys);
    for (const { what } of ordered.slice(mostKeys)) skip(what, `${mostKeys} keys were refused`);
    let room = mostKeys - ordered.length;
    for (const one of identities) {
      if (agent.some((key) => isSame(one, key))) continue;
      if (one.kind === 'public') skip(one.path, 'it is a public key, and the agent does not have it');
      if (one.kind === 'unusable') skip(one.path, one.reason);
      if (one.kind !== 'encrypted') continue;
      if (room-- <= 0) skip(one.path, `${mostKeys} keys were refused`);
      else yield* opened(one);
    }
  }

  async function* opened(identity: Identity & { kind: 'encrypted' }): AsyncGenerator<Candidate> {
    const { path, text } = identity;
    const remembered = passphrases.get(path);
    const known = remembered === undefined ? undefined : parsePrivate(text, remembered);
    if (known !== undefined) return yield ofFile(path, known);
    if (!canAsk()) return skip(path, 'it is encrypted, and nobody can be asked for the passphrase');
    for (let attempt = 1; attempt <= mostPasswords; attempt++) {
      const answer = await ask('passphrase', `Passphrase for ${path}`, false, attempt);
      if (answer === undefined || answer === '') break;
      const key = parsePrivate(text, answer);
      if (key === undefined) continue;
      passphrases.set(path, answer);
      return yield ofFile(path, key);
    }
    skip(path, 'it is encrypted, and its passphrase was not given');
  }

  function ofFile(path: string, key: ParsedKey): Candidate {
    return {
      method: 'publickey',
      what: `${path} ${keyWords(key)}`,
      auth: { type: 'publickey', username, key },
    };
  }

  async function* passwords(): AsyncGenerator<Candidate> {
    const given = memory.password ?? options.password;
    let tries = 0;
    if (given !== undefined && ++tries) yield ofPassword(given);
    if (!canAsk() && given === undefined) return skip('password', 'nobody can be asked for it');
    for (let attempt = 1; canAsk() && tries < mostPasswords && offers('password'); attempt++, tries++) {
      const answer = await ask(
        'password',
        `Password of ${username}@${options.settings.host}`,
        false,
        attempt,
      );
      if (answer === undefined) return skip('password', 'none was given');
      yield ofPassword(answer);
    }
  }

  function ofPassword(password: string): Candidate {
    return { method: 'password', what: 'password', auth: { type: 'password', username, password }, password };
  }

  async function* keyboard(): AsyncGenerator<Candidate> {
    const given = memory.password ?? options.password;
    if (!canAsk() && given === undefined) return skip('questions', 'nobody can be asked them');
    const rounds = canAsk() ? mostPasswords : 1;
    for (let attempt = 1; attempt <= rounds && offers('keyboard-interactive'); attempt++) {
      let used: string | undefined;
      const candidate: Candidate = {
        method: 'keyboard-interactive',
        what: 'questions of the server',
        auth: {
          type: 'keyboard-interactive',
          username,
          prompt: (_name, _instructions, _language, prompts, finish) => {
            const single = prompts.length === 1 && prompts[0]?.echo !== true;
            answers(prompts, single && attempt === 1 ? given : undefined, attempt).then(
              (words) => {
                used = single ? words[0] : undefined;
                finish(words);
              },
              () => finish([]),
            );
          },
        },
        get password() {
          return used;
        },
      } as Candidate;
      yield candidate;
    }
  }

  async function answers(
    prompts: Parameters<KeyboardInteractiveAuthMethod['prompt']>[3],
    given: string | undefined,
    attempt: number,
  ): Promise<string[]> {
    if (given !== undefined) return [given];
    const words: string[] = [];
    // A hostile server could ask for ever.
    for (const { prompt, echo } of prompts.slice(0, 8))
      words.push((await ask('answer', prompt.slice(0, 200), echo === true, attempt)) ?? '');
    return words;
  }

  function canAsk(): boolean {
    return options.questions.secret !== undefined && !options.settings.batch;
  }

  async function ask(
    kind: 'password' | 'passphrase' | 'answer',
    text: string,
    echo: boolean,
    attempt: number,
  ) {
    return options.whileAsking(async (signal) =>
      options.questions.secret?.({ kind, text: visible(text), echo, attempt }, signal),
    );
  }

  async function following(): Promise<AnyAuthMethod | false> {
    for (;;) {
      const { value, done } = await source.next();
      current = done === true ? undefined : value;
      open = current?.what;
      if (current === undefined) return false;
      if (current.method === 'none' || offers(current.method)) return current.auth;
      attempts.push({ what: current.what, result: 'skipped: the server does not take it' });
    }
  }

  return {
    handler: (left, partial, next) => {
      if (left !== null) methods = left;
      open = '';
      if (current !== undefined)
        attempts.push({ what: current.what, result: partial === true ? 'not enough' : 'refused' });
      following().then(next, () => next(false));
      return undefined;
    },
    attempts: () => attempts,
    open: () => open,
    methods: () => methods,
    succeed: () => ({
      passphrases,
      ...(current === undefined ? {} : { what: current.what }),
      ...(current?.password === undefined ? {} : { password: current.password }),
    }),
  };
}

function isSame(identity: Identity, { key }: AgentKey): boolean {
  const blob = key.getPublicSSH();
  switch (identity.kind) {
    case 'key':
      return identity.key.getPublicSSH().equals(blob);
    case 'encrypted':
    case 'public':
      return identity.publicBlob?.equals(blob) === true;
    case 'unusable':
      return false;
  }
}

function keyWords(key: ParsedKey): string {
  return `${keyName(key.type)} ${fingerprint(key.getPublicSSH())}`;
}
