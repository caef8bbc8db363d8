/** The last writes of an upload, and then the stamp, made of what the board sees of the folder when all is over. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { SessionAnswer } from './answer.ts';
import type { DigestProgram } from './digest.ts';
import { tellsWrites } from './mounted.ts';
import type { Place } from './place.ts';
import { switchScript } from './scripts.ts';
import { isUntouched, type SeenForm } from './seen.ts';
import { stampOf } from './stamp.ts';
import type { UploadEntry } from './tree.ts';
import { uploadFailure } from './trouble.ts';

/** What a stamp is made of. */
export interface Stamping {
  readonly form: SeenForm;
  readonly program: DigestProgram;
  readonly tree: ReadonlyMap<string, UploadEntry>;
}

/**
 * Makes the staged folder the destination.
 * @throws Failure OVL540 to OVL544 with the board's state unknown; the connection's
 */
export async function switchOver(place: Place, stamping: Stamping | undefined): Promise<void> {
  const answer = new SessionAnswer(`${place.mark} looked`);
  const said = { stdout: '', stderr: '' };
  const isSwitched = (): boolean => said.stdout.includes(`${place.mark} switched\n`);
  try {
    const { stderr } = await place.run(switchScript, [stamping?.form ?? ''], {
      boardState: 'unknown',
      onStdout: (chunk) => {
        if (!isSwitched()) said.stdout += Buffer.from(chunk).toString('latin1');
        answer.add(chunk);
      },
      ...(stamping === undefined ? {} : { stdin: stampFor(place, stamping, answer) }),
    });
    said.stderr = stderr;
  } catch (error) {
    // What comes after the switch is a note for the next upload.
    if (!isSwitched()) throw error;
  }
  if (isSwitched()) return;
  const failure = uploadFailure(place.dest, said, place.mark, 0);
  throw new Failure(failure.diagnostics.map((one) => ({ ...one, boardState: 'unknown' })));
}

async function* stampFor(
  place: Place,
  { form, program, tree }: Stamping,
  answer: SessionAnswer,
): AsyncGenerator<Uint8Array> {
  const text = await answer.before;
  const part = (from: string, to: string): Buffer => {
    const [head, end] = [`${place.mark} ${from}\n`, `${place.mark} ${to}\n`];
    const start = text.indexOf(head) + head.length;
    return text.subarray(start, text.indexOf(end, start));
  };
  const folder = part('place', 'mounts').toString('utf8').replace(/\n$/, '');
  if (!tellsWrites(part('mounts', 'seen').toString('utf8'), folder)) return;
  const listing = part('seen', 'looked');
  const stamp = isUntouched(listing, form, tree) ? stampOf(listing, form, program, tree) : undefined;
  if (stamp !== undefined) yield stamp;
}
