/** `ovl init`: a commented board file, from options or from questions. */
import { readBoard } from '../../board/check.ts';
import { fieldAt } from '../../board/field.ts';
import { architectures, rootTypes, unionSystems } from '../../board/schema.ts';
import { storageTypes } from '../../board/storage-schema.ts';
import { type BoardAnswers, boardTemplate, type FindKey } from '../../board/template.ts';
import { answersFrom, type SeenBoard } from '../../device/facts/answers.ts';
import { writeNewOutput } from '../../system/files.ts';
import { ask, type Question } from '../ask.ts';
import { orThrow } from '../board-file.ts';
import type { CommandBody, Context, Input } from '../command.ts';
import { deviceOptions } from '../device.ts';
import { factsFor, factsOption, scratchOption } from '../facts.ts';
import { usageFailure } from '../usage.ts';

type Asked = 'name' | 'arch' | 'kernel' | 'root' | 'storage';

/** What has to be known, in the order in which it is asked; the same table serves the options. */
const questions: Readonly<Record<Asked, Question>> = {
  name: { text: 'Short name of the board', refuse: refuseBy(['name']) },
  arch: { text: 'Architecture of its programs', choices: architectures },
  kernel: { text: 'Kernel version (uname -r)', refuse: refuseBy(['kernel', 'version']) },
  root: { text: 'File system of the read-only root', choices: rootTypes, default: 'squashfs' },
  storage: { text: 'Where changes are to be kept', choices: storageTypes },
};

const findKeys = ['mtd', 'mtd_number', 'ubi', 'label', 'uuid', 'path'] as const satisfies readonly FindKey[];

export const init: CommandBody = {
  examples: [
    { line: 'ovl init', what: 'asks a few questions and writes NAME.yaml' },
    { line: 'ovl init --from-device root@192.168.1.1', what: 'asks the board instead' },
    { line: 'ovl init --facts ar150.json', what: 'the same, from what ovl probe recorded' },
    {
      line: 'ovl init --name ar150 --arch mips --kernel 5.15 --root squashfs --storage jffs2 --find mtd=rootfs_data',
      what: 'asks nothing',
    },
  ],
  details: `A file that is there already is never overwritten. What a board tells goes into the file with where it was seen;
options override it, and what it does not tell is asked.`,
  arguments: [],
  options: [
    {
      flags: '-o, --output <FILE>',
      what: 'where the board file goes; default: NAME.yaml',
      completion: 'file',
    },
    { flags: '--name <NAME>', what: questions.name.text, completion: 'none' },
    { flags: '--arch <ARCH>', what: questions.arch.text, choices: architectures },
    { flags: '--kernel <VERSION>', what: questions.kernel.text, completion: 'none' },
    { flags: '--root <TYPE>', what: questions.root.text, choices: rootTypes },
    { flags: '--storage <TYPE>', what: questions.storage.text, choices: storageTypes },
    {
      flags: '--find <KEY=VALUE>',
      what: `how the storage is found: ${findKeys.join(', ')}`,
      completion: 'none',
    },
    {
      flags: '--union <SYSTEM>',
      what: 'union system, else the best one that the kernel has',
      choices: unionSystems,
    },
    { flags: '--from-device <HOST>', what: 'ask this board first', completion: 'none' },
    factsOption,
    scratchOption,
    ...deviceOptions,
  ],
  exits: ['invalid', 'host', 'connection', 'unsuitable'],
  run: async (input, context) => {
    const seen = await seenBoard(input, context);
    const find = findOf(input.value('find')) ?? seen?.find;
    const answers: BoardAnswers = {
      ...(await answersOf(input, context, seen?.answers ?? {})),
      ...(find === undefined ? {} : { find }),
      union: (input.value('union') ?? 'auto') as BoardAnswers['union'],
      ...(seen === undefined ? {} : { seen: seen.seen }),
    };
    const file = input.value('output') ?? `${answers.name}.yaml`;
    const text = boardTemplate(answers);
    const { diagnostics } = orThrow(readBoard(file, new TextEncoder().encode(text)));
    await writeNewOutput(file, { mode: 0o644, content: text });
    return { text: `${file}\n`, data: { file, board: text }, diagnostics };
  },
};

/** What a board tells by itself, where one was named. */
async function seenBoard(input: Input, context: Context): Promise<SeenBoard | undefined> {
  const host = input.value('from-device');
  if (host !== undefined && input.value('facts') !== undefined) {
    throw usageFailure('OVL005', '--from-device and --facts are two sources of one answer', 'one of the two');
  }
  if (host === undefined && input.value('facts') === undefined) return undefined;
  const { from, facts } = await factsFor({ host }, input, context);
  const wanted = storageTypes.find((type) => type === input.value('storage'));
  return answersFrom(facts, from, wanted);
}

/** The answers that the options give, then what the board told, and the rest from whoever sits at the terminal. */
async function answersOf(
  input: Input,
  context: Context,
  told: SeenBoard['answers'],
): Promise<Pick<BoardAnswers, Asked>> {
  const names = Object.keys(questions) as Asked[];
  const given = names.flatMap((name) => {
    const value = input.value(name);
    const problem = value === undefined ? undefined : questions[name].refuse?.(value);
    if (problem !== undefined) throw usageFailure('OVL004', `--${name} is "${value}"`, problem);
    const answer = value ?? told[name];
    return answer === undefined ? [] : [[name, answer] as const];
  });
  const missing = names.filter((name) => given.every(([one]) => one !== name));
  if (missing.length > 0 && !context.interactive) throw cannotAsk(missing);
  const toAsk = Object.fromEntries(missing.map((name) => [name, questions[name]]));
  const answers = missing.length === 0 ? {} : await ask(toAsk, context.signal);
  return { ...Object.fromEntries(given), ...answers } as unknown as Pick<BoardAnswers, Asked>;
}

function cannotAsk(missing: readonly Asked[]): Error {
  const options = missing.map(
    (name) => `--${name} ${questions[name].choices?.join('|') ?? name.toUpperCase()}`,
  );
  return usageFailure('OVL006', `not given: ${missing.join(', ')}`, options.join(' '));
}

function findOf(text: string | undefined): BoardAnswers['find'] {
  if (text === undefined) return undefined;
  const [key = '', ...rest] = text.split('=');
  const by = findKeys.find((one) => one === key);
  if (by === undefined || rest.join('=') === '') {
    throw usageFailure('OVL004', `--find is "${text}"`, `KEY=VALUE with one of ${findKeys.join(', ')}`);
  }
  return { by, value: rest.join('=') };
}

/** The form that the vocabulary asks of a text. */
function refuseBy(path: readonly string[]): (answer: string) => string | undefined {
  return (answer) => {
    const { pattern, examples } = fieldAt(path) ?? {};
    if (pattern === undefined || new RegExp(pattern).test(answer)) return undefined;
    return examples === undefined ? `must match ${pattern}` : `such as ${examples.join(' or ')}`;
  };
}
