/** Questions on the terminal: on stderr, because stdout is for the result. */
import { createInterface, type Interface } from 'node:readline';
import { usageFailure } from './usage.ts';

export interface Question {
  readonly text: string;
  /** The answer to an empty line. */
  readonly default?: string;
  readonly choices?: readonly string[];
  /** Why the answer will not do, as a sentence; undefined where it will. */
  readonly refuse?: (answer: string) => string | undefined;
}

/**
 * Asks one question after the other, each until there is an answer that will do.
 * @throws the signal's reason when it is aborted; Failure OVL006 when the terminal is closed
 */
export async function ask<Name extends string>(
  questions: Readonly<Record<Name, Question>>,
  signal: AbortSignal,
): Promise<Readonly<Record<Name, string>>> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // readline takes Ctrl-C for itself and would only close.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const close = (): void => terminal.close();
  signal.addEventListener('abort', close);
  // One iterator for all: what is typed or pasted ahead is kept for the questions to come.
  const lines = terminal[Symbol.asyncIterator]();
  try {
    const answers: Partial<Record<Name, string>> = {};
    for (const name of Object.keys(questions) as Name[]) {
      answers[name] = await askOne(questions[name], terminal, lines, signal);
    }
    return answers as Record<Name, string>;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

async function askOne(
  question: Question,
  terminal: Interface,
  lines: AsyncIterator<string>,
  signal: AbortSignal,
): Promise<string> {
  terminal.setPrompt(prompt(question));
  for (;;) {
    terminal.prompt();
    const { value, done } = await lines.next();
    signal.throwIfAborted();
    if (done === true) throw usageFailure('OVL006', `no answer to "${question.text}"`, 'ovl init --help');
    const answer = value.trim() === '' ? (question.default ?? '') : value.trim();
    const problem = refusal(question, answer);
    if (problem === undefined) return answer;
    process.stderr.write(`  ${problem}\n`);
  }
}

function prompt({ text, default: usual, choices }: Question): string {
  const known = choices === undefined ? '' : ` (${choices.join(', ')})`;
  return `${text}${known}${usual === undefined ? '' : ` [${usual}]`}: `;
}

function refusal({ choices, refuse }: Question, answer: string): string | undefined {
  if (answer === '') return 'an answer is needed';
  if (choices !== undefined && !choices.includes(answer)) return `one of ${choices.join(', ')}`;
  return refuse?.(answer);
}
