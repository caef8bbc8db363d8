/** The options that every command has; they may stand before the command as well as after it. */
import type { Option } from './command.ts';

export const globalOptions: readonly Option[] = [
  { flags: '-C, --directory <DIR>', what: 'work as if started in DIR', completion: 'folder' },
  { flags: '-q, --quiet', what: 'say nothing on stderr but errors' },
  { flags: '-v, --verbose', what: 'show every program that is run' },
  { flags: '--json', what: 'print one JSON document on stdout, on failure too' },
  { flags: '--color <WHEN>', what: 'colour of what is printed', choices: ['auto', 'always', 'never'] },
  { flags: '--no-input', what: 'never ask a question' },
];

export interface GlobalValues {
  readonly directory?: string;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
  readonly color: 'auto' | 'always' | 'never';
  readonly input: boolean;
}

/** Global options that were given; those after the command override those before it. */
export function readGlobals(...given: readonly Readonly<Record<string, unknown>>[]): GlobalValues {
  const all = Object.assign({}, ...given) as Record<string, unknown>;
  const quiet = all.quiet === true;
  return {
    ...(typeof all.directory === 'string' ? { directory: all.directory } : {}),
    quiet,
    verbose: all.verbose === true && !quiet,
    json: all.json === true,
    color: all.color === 'always' || all.color === 'never' ? all.color : 'auto',
    input: given.every((one) => one.input !== false),
  };
}
