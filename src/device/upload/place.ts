/** A place on a board, and what is run beside it. */
import { randomBytes } from 'node:crypto';
import { type Device, type RunOptions, script, succeeded } from '../device.ts';
import { answerLimit } from './answer.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { type Parcel, sentBytes } from './parcel.ts';
import { counting, type Progress } from './progress.ts';
import type { PlaceScripts } from './script-parts.ts';
import { sendFiles } from './send-files.ts';
import { type Choose, type Judge, Session } from './session.ts';
import { expressionOf, type Sort } from './sorts.ts';
import { notSwitched, type Stamping, type Switching, switchOver } from './switch.ts';
import { type Answer, cannotReceive, failedAt, uploadFailure } from './trouble.ts';

export interface UploadOptions {
  /** Seconds since 1970 that every file and folder gets; 0 by default, so that two uploads are the same. */
  readonly mtime?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** What is done, as it is begun: for progress, and for tests of the order. */
  readonly onStep?: (step: UploadStep) => void;
  readonly signal?: AbortSignal;
  /** Longest time without a byte in either direction, in milliseconds; two minutes by default, because flash erases. */
  readonly silenceMs?: number;
  /** Reads every file on the board, even where nobody wrote to any since the last upload. */
  readonly reread?: boolean;
  /** Switches as soon as what arrived is found right, in the same session where the board can: nothing is left to be switched to. */
  readonly atOnce?: boolean;
}

export type UploadStep = 'ask' | 'send' | 'verify' | 'switch' | 'discard';

const silence = 120_000;

/** What became of asking and sending. */
export interface Exchanged {
  readonly before: Inventory;
  /** undefined where there was nothing to send. */
  readonly sent?: {
    readonly parcel: Parcel;
    readonly after: Inventory;
    /** Where the same session went on to the switch: it is over, and this is when the board has tidied up. */
    readonly settled?: Promise<void>;
  };
}

export interface RunAnswer extends Answer {
  readonly ok: boolean;
  readonly bytes: Buffer;
}

export class Place {
  readonly #device: Device;
  readonly #options: UploadOptions;
  /** A line that begins with it is the script's, whatever names and programs print. */
  readonly mark = `ovl-${randomBytes(12).toString('hex')}`;
  readonly dest: string;
  readonly scripts: PlaceScripts;

  constructor(device: Device, dest: string, scripts: PlaceScripts, options: UploadOptions) {
    this.#device = device;
    this.dest = dest;
    this.scripts = scripts;
    this.#options = options;
  }

  async run(text: string, words: readonly string[], options: RunOptions = {}): Promise<RunAnswer> {
    const { signal, silenceMs = silence } = this.#options;
    const outcome = await this.#device.run(script(text, this.dest, this.mark, ...words), {
      deadlineMs: Number.POSITIVE_INFINITY,
      silenceMs,
      limit: answerLimit,
      boardState: 'unchanged',
      ...(signal === undefined ? {} : { signal }),
      ...options,
    });
    return {
      ok: succeeded(outcome),
      bytes: outcome.stdout,
      stdout: outcome.stdout.toString('utf8'),
      stderr: outcome.stderr.toString('utf8'),
    };
  }

  step(step: UploadStep): void {
    this.#options.onStep?.(step);
  }

  /**
   * Asks what is there, and goes on with what `choose` makes of it.
   * @param wanted digest of the tree, for which the board's stamp is believed; empty where none is
   * @param choose gives what is to be sent, or undefined
   * @param judge says of what arrived whether it is switched to in the same session; a board that cannot do that, or an
   * archive that is not for it, ends as without it
   */
  async exchange(sorts: readonly Sort[], wanted: string, choose: Choose, judge?: Judge): Promise<Exchanged> {
    this.step('ask');
    const session = new Session({
      place: this,
      words: [expressionOf(sorts), wanted, judge === undefined ? '' : 'at-once'],
      sorts,
      options: this.#options,
      choose: async (before) => {
        if (before.stamp === 'same' || before.stamp === 'torn') return undefined;
        if (!before.programs.has('find')) throw cannotReceive(['find']);
        const parcel = await choose(before);
        if (parcel !== undefined) this.step('send');
        return parcel;
      },
      judge,
    });
    try {
      const running = session.run();
      const answer = await Promise.race([running, session.switched]);
      const { before, parcel, after } = session;
      if (answer === undefined && before && parcel && after)
        return { before, sent: { parcel, after, settled: running.then(ignore, ignore) } };
      return await this.#ended(session, answer ?? (await running), sorts);
    } catch (error) {
      if (session.switching) throw notSwitched(error);
      if (session.parcel !== undefined && !this.scripts.resumes) await this.discard().catch(() => {});
      throw error;
    }
  }

  /** Where the session came to its end without a switch. */
  async #ended(session: Session, answer: RunAnswer, sorts: readonly Sort[]): Promise<Exchanged> {
    const { before, parcel, after } = session;
    if (before === undefined || session.switching) throw uploadFailure(this.dest, answer, this.mark, 0);
    if (parcel === undefined) return { before };
    if (after !== undefined) return { before, sent: { parcel, after } };
    const sent = parcel.hasTar ? answer : await sendFiles(this, parcel, this.counter(sentBytes(parcel)));
    this.step('verify');
    if (failedAt(sent, this.mark) !== undefined || !sent.stdout.includes(`${this.mark} synced`))
      throw uploadFailure(this.dest, sent, this.mark, parcel.bytes);
    return { before, sent: { parcel, after: readInventory(sent.bytes, this.mark, sorts) } };
  }

  counter(total: number): (bytes: number) => void {
    return counting(total, this.#options.onProgress ?? (() => {}));
  }

  /** @param stamping what the stamp is made of; undefined where the folder gets none */
  switch(stamping: Stamping | undefined): Switching {
    this.step('switch');
    return switchOver(this, stamping);
  }

  /** Best effort where the connection is the trouble: what is left is removed by the next upload. */
  async discard(): Promise<void> {
    this.step('discard');
    await this.#device.run(script(this.scripts.discard, this.dest, this.mark), { boardState: 'unchanged' });
  }
}

function ignore(): void {}
