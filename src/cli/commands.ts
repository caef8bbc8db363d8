/** The command table, in the order of the help. */
import type { CommandEntry } from './command.ts';

export const commands: readonly CommandEntry[] = [
  {
    name: 'inspect',
    summary: 'shows what is in a bundle, after verifying it',
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    name: 'explain',
    summary: 'tells more about a diagnostic, a board key or a step',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'completion',
    summary: 'prints the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
];
