/** The keys of ssh-agent, one by one: ssh2 would try all of them as one attempt, and not say which was refused. */
import ssh2, { type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';

export interface AgentKey {
  readonly key: ParsedKey;
  /** What ssh2 takes for an agent that has this key alone. */
  readonly agent: InstanceType<typeof ssh2.BaseAgent>;
}

const answerMs = 5_000;

/** The agent's keys; none where it does not answer in time. */
export async function agentKeys(path: string): Promise<readonly AgentKey[]> {
  const whole = ssh2.createAgent(path);
  let timer: NodeJS.Timeout | undefined;
  const keys = await new Promise<readonly unknown[]>((resolve) => {
    timer = setTimeout(() => resolve([]), answerMs);
    whole.getIdentities((error, found) => resolve(error ? [] : (found ?? [])));
  });
  clearTimeout(timer);
  return keys.flatMap((one) => {
    const key: unknown = ssh2.utils.parseKey(one as Buffer);
    return key instanceof Error
      ? []
      : [{ key: key as ParsedKey, agent: new OneKeyAgent(whole, key as ParsedKey) }];
  });
}

class OneKeyAgent extends ssh2.BaseAgent {
  readonly #whole: InstanceType<typeof ssh2.BaseAgent>;
  readonly #key: ParsedKey;

  constructor(whole: InstanceType<typeof ssh2.BaseAgent>, key: ParsedKey) {
    super();
    this.#whole = whole;
    this.#key = key;
  }

  override getIdentities(callback: (error: undefined, keys: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }

  override sign(key: ParsedKey, data: Buffer, options: SigningRequestOptions, callback?: SignCallback): void;
  override sign(key: ParsedKey, data: Buffer, callback: SignCallback): void;
  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#whole.sign(key, data, {}, options);
    else this.#whole.sign(key, data, options, callback);
  }
}
