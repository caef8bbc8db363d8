import type { CodeEntry } from './entry.ts';

/** OVL0xx: Usage of the command line. */
export const usageCodes = {
  OVL001: {
    title: 'there is no such command',
    explanation: `The first word that is no option is the command. "ovl --help" lists all of them.`,
  },
  OVL002: {
    title: 'there is no such option',
    explanation: `The command does not know the option. "ovl COMMAND --help" lists those that it has; the general ones, such as --json and
-C, are understood before and after the command. What follows a lone "--" is never taken for an option, so that
files whose names begin with "-" can be given too.`,
  },
  OVL003: {
    title: 'an argument is missing, or there is one too many',
    explanation: `"ovl COMMAND --help" shows which arguments the command takes. Those in brackets can be left out, those with "..." can
be given more than once.`,
  },
  OVL004: {
    title: 'a value is not one that the option or argument takes',
    explanation: `The option needs a value and has none, or the value is not among those that it knows. The message names them. The same is
reported for environment variables that overlaykit reads, such as SOURCE_DATE_EPOCH.`,
  },
  OVL005: {
    title: 'options that do not go together',
    explanation: `Two of the options given contradict each other, or one needs another that is missing. Nothing was done.`,
  },
  OVL006: {
    title: 'an answer is needed and nobody can be asked',
    explanation: `The command asks questions on a terminal. Here stdin or stderr is none, or --no-input or --json was given, so the answers
have to come as options; "fix" has those that are missing.`,
  },
} as const satisfies Record<string, CodeEntry>;
