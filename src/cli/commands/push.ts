/** `ovl push`: a folder of this machine becomes a folder of a board, by one rename. */
import { size } from '../../deploy/words.ts';
import type { Device } from '../../device/device.ts';
import { isThere } from '../../device/upload/exchangeable.ts';
import { readLocalFolder } from '../../device/upload/local-folder.ts';
import type { UploadEntry } from '../../device/upload/tree.ts';
import { requireAbsolute, type Upload, upload } from '../../device/upload/upload.ts';
import { visible } from '../../diagnostics/escape.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { CommandBody, Context, Input } from '../command.ts';
import { boardHosts, hostsArgument } from '../fleet/hosts.ts';
import { type BoardAnswer, fleetOptions, onBoards } from '../fleet/on-boards.ts';
import { isSure, yesOption } from '../sure.ts';
import { transferLine } from '../transfer.ts';
import { usageFailure } from '../usage.ts';

export const push: CommandBody = {
  details: `Only what differs is sent, into a folder beside PATH; the board reads it again, and a rename switches. Until
then PATH is as it was, and afterwards what was there is PATH.ovl-previous. Files belong to whoever logs in. What a board
has in memory is lost when it restarts: see "ovl commit".`,
  examples: [
    { line: 'ovl push build/app ar150 --to /opt/app', what: 'a program that is being worked on' },
    { line: 'ovl push site --hosts poles.txt --to /srv/www --yes', what: 'on many boards, from a script' },
  ],
  arguments: [
    { name: 'FOLDER', what: 'folder of this machine', required: true, completion: 'folder' },
    hostsArgument,
  ],
  options: [
    {
      flags: '--to <PATH>',
      what: 'folder on the board; the one that it is in has to be there',
      completion: 'none',
    },
    { ...yesOption, what: 'replace what is there without asking' },
    ...fleetOptions,
  ],
  exits: ['host', 'connection', 'unsuitable', 'unknown'],
  run: async (input, context) => {
    const to = destination(input);
    const folder = input.words[0] ?? '';
    const hosts = await boardHosts(input.words.slice(1), input, context);
    const entries = await readLocalFolder(folder, context.signal);
    return onBoards({
      command: 'push',
      hosts,
      input,
      context,
      act: (device, alone) => pushed({ device, entries, to, alone, input, context }),
    });
  },
};

interface Push {
  readonly device: Device;
  readonly entries: readonly UploadEntry[];
  /** Absolute path on the board. */
  readonly to: string;
  /** Whether somebody can be asked, and shown how it goes on. */
  readonly alone: boolean;
  readonly input: Input;
  readonly context: Context;
}

async function pushed(one: Push): Promise<BoardAnswer> {
  const { device, entries, to, alone, input, context } = one;
  const replaces = await isThere(device, to, context.signal);
  const question = `replace ${to} on ${device.name}; what is there now becomes ${to}.ovl-previous`;
  const asking: Context = { ...context, interactive: context.interactive && alone };
  const line = transferLine(asking);
  const sent = await upload(device, to, entries, {
    signal: context.signal,
    atOnce: !replaces || input.flag('yes'),
    onProgress: ({ bytes, total }) => line.show({ what: 'folder', sent: bytes, total }),
  });
  line.clear();
  if (replaces && sent.kind === 'staged' && !(await isWanted(sent, question, input, asking)))
    return answer(one, sent, 'unchanged', 'not replaced; nothing was changed');
  // What the board tidies up then it does alone.
  await sent.switch();
  if (sent.kind === 'unchanged') return answer(one, sent, 'unchanged', 'as it should be already');
  return answer(one, sent, replaces ? 'replaced' : 'new', sentWords(one, sent, replaces));
}

/** Asked once it is known that something would be replaced; what was staged goes where nobody wants it, or nobody can be asked. */
async function isWanted(sent: Upload, question: string, input: Input, context: Context): Promise<boolean> {
  let wanted = false;
  try {
    wanted = await isSure(question, input, context);
  } finally {
    if (!wanted) await sent.discard();
  }
  return wanted;
}

function answer(
  { device, to }: Push,
  { kind, files, bytes, verifiedBy }: Upload,
  state: 'unchanged' | 'replaced' | 'new',
  words: string,
): BoardAnswer {
  return {
    text: `${visible(device.name)}: ${visible(to)}: ${words}\n`,
    data: {
      path: to,
      changed: state !== 'unchanged',
      ...(kind === 'unchanged' ? {} : { files, bytes }),
      verifiedBy,
    },
    state,
  };
}

function sentWords({ entries, to }: Push, { files, bytes, verifiedBy }: Upload, replaces: boolean): string {
  const all = entries.filter(({ kind }) => kind === 'file').length;
  const kept = replaces ? `; what was there is ${visible(to)}.ovl-previous` : '';
  return `${files} of ${all} files were sent, ${size(bytes)}, verified by ${verifiedBy}${kept}`;
}

/** @throws Failure OVL003, OVL004 for what is no folder of the board's own */
function destination(input: Input): string {
  const to = input.value('to');
  if (to === undefined) throw usageFailure('OVL003', 'no folder on the board was named', '--to PATH');
  try {
    requireAbsolute(to);
  } catch {
    throw usageFailure('OVL004', `--to is "${visible(to)}"`, 'an absolute path such as /opt/app');
  }
  const around = [boardPaths.storage, boardPaths.oldRoot].find((path) => `${to}/`.startsWith(`${path}/`));
  if (around === undefined) return to;
  throw usageFailure(
    'OVL004',
    `--to is "${visible(to)}", around the union`,
    `the path as programs on the board see it, not below ${around}`,
  );
}
