/**
 * Command: one row of the command table. Parsing, help, shell completion and the reference are all made from it.
 *
 * A command gets its input and a context, and returns an outcome; it never writes to stdout, never sets an exit code and
 * never formats a diagnostic. The frame (run.ts) does these, the same way for every command.
 */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { ExitName } from './exit.ts';

/** What a shell completes a word with: files, folders, a fixed list, or what `ovl` itself knows. */
export type Completion = 'file' | 'folder' | 'none' | readonly string[];

export interface Argument {
  /** As shown in help, in capitals: BOARD. */
  readonly name: string;
  readonly what: string;
  readonly required: boolean;
  /** Whether it can be given more than once; only for the last one. */
  readonly repeats?: boolean;
  readonly completion: Completion;
}

export interface Option {
  /** As commander reads them: `-o, --output <DIR>`, `--strict`, `--no-helper`. */
  readonly flags: string;
  readonly what: string;
  /** The only values that it takes. */
  readonly choices?: readonly string[];
  readonly completion?: Completion;
}

export interface Example {
  readonly line: string;
  readonly what: string;
}

/** A command as lists show it; the rest of it is loaded only when it is needed, so that `ovl check` starts fast. */
export interface CommandEntry {
  readonly name: string;
  /** What it does, for one line of a list. */
  readonly summary: string;
  readonly load: () => Promise<CommandBody>;
}

export interface CommandBody {
  /** A further paragraph of its help, in lines that fit a terminal. */
  readonly details?: string;
  readonly examples: readonly Example[];
  readonly arguments: readonly Argument[];
  readonly options: readonly Option[];
  /** Exit codes it can end with, beside those that every command has. */
  readonly exits: readonly ExitName[];
  readonly run: (input: Input, context: Context) => Promise<Outcome>;
}

/** A whole row of the table. */
export type Command = CommandBody & Pick<CommandEntry, 'name' | 'summary'>;

export async function loadCommand({ name, summary, load }: CommandEntry): Promise<Command> {
  return { name, summary, ...(await load()) };
}

/** What was typed, read by the names that the table gives. Asking for an option that the table lacks is a bug. */
export interface Input {
  readonly words: readonly string[];
  /** Whether a lone "--" stood before all of them. */
  readonly allBehindDashes: boolean;
  /** Whether a switch was given, by its long name without dashes: `strict`, `no-helper`. */
  readonly flag: (name: string) => boolean;
  readonly value: (name: string) => string | undefined;
}

export interface Context {
  /** The command table, for the commands that speak about commands. */
  readonly commands: readonly CommandEntry[];
  /** Version of overlaykit. */
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can be asked: a terminal on both sides, and no --no-input. */
  readonly interactive: boolean;
  readonly json: boolean;
  /** Whether colours may be used on stdout. */
  readonly color: boolean;
  /** Aborted by Ctrl-C; a command that holds something gives it back and ends. */
  readonly signal: AbortSignal;
  /** A part of the result on stdout before the rest of it is known; silent with --json. */
  readonly print: (text: string) => void;
  /** With --json, a part of the result on a line of its own before the rest of it is known; else silent. */
  readonly emit: (value: Readonly<Record<string, unknown>>) => void;
  /** A line of talk on stderr; silent with -q. */
  readonly say: (line: string) => void;
}

export interface Outcome {
  /** The result for people, written to stdout as it is. Absent where a command has talked on stdout itself. */
  readonly text?: string;
  /** The result for programs: what the --json document has beside schema, ok and problems. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly diagnostics: readonly Diagnostic[];
  /** The --json document is the last of several lines (emit), so it is one line too. */
  readonly onOneLine?: boolean;
  /** The text is the diagnostics already, in a form that was asked for; they are not said again on stderr. */
  readonly diagnosticsAreText?: boolean;
  /** Where the diagnostics do not say it all. */
  readonly exit?: ExitName;
}
