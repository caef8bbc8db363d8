/** What only a person can answer on the way to a board. Without these callbacks nobody is asked, and the answer is no. */

export interface ShownHostKey {
  /** The host as ssh would look it up, with its port where that is not 22. */
  readonly host: string;
  /** ED25519, ECDSA, RSA. */
  readonly type: string;
  /** SHA256:... as ssh shows it. */
  readonly fingerprint: string;
  /** The host is known by keys of other types, FILE:LINE each. Then this one is suspicious. */
  readonly others: readonly string[];
}

export interface SecretQuestion {
  readonly kind: 'password' | 'passphrase' | 'answer';
  /** One line, safe to be shown on a terminal, though the server may have written it. */
  readonly text: string;
  /** Whether what is typed may be seen. */
  readonly echo: boolean;
  /** From 1. */
  readonly attempt: number;
}

export interface Questions {
  readonly acceptHostKey?: (shown: ShownHostKey, signal: AbortSignal) => Promise<boolean>;
  /** The answer; undefined where the person gives none. It is kept in memory for reconnect(), and nowhere else. */
  readonly secret?: (question: SecretQuestion, signal: AbortSignal) => Promise<string | undefined>;
}
