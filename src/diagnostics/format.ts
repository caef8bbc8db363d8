/**
 * Diagnostics as people, compilers' readers, pull requests and programs want them. Pure: the texts of the files come in as
 * a function, the colours too, one string goes out.
 */
import type { BoardState, Diagnostic, Severity } from './diagnostic.ts';
import { visible } from './escape.ts';
import { codeFrame } from './frame.ts';

export const reporters = ['human', 'gcc', 'github'] as const;
export type Reporter = (typeof reporters)[number];

export interface FormatOptions {
  /** The text of a file that places point into; undefined where it is not at hand: then there is no frame. */
  readonly source?: (file: string) => string | undefined;
  /** Paints a word of severity. The word is always there: colour alone says nothing. */
  readonly colour?: (severity: Severity, text: string) => string;
}

/** All diagnostics in one of the reporters' forms; every line ends with a line feed; empty for none. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  reporter: Reporter = 'human',
  options: FormatOptions = {},
): string {
  switch (reporter) {
    case 'gcc':
      return diagnostics.map((one) => `${gccLine(one)}\n`).join('');
    case 'github':
      return diagnostics.map((one) => `${githubLine(one)}\n`).join('');
    case 'human':
      return diagnostics.map((one) => `${humanForm(one, options)}\n`).join('\n');
  }
}

/** "2 errors, 0 warnings in FILE". Notes are not counted. */
export function summaryLine(diagnostics: readonly Diagnostic[], file: string): string {
  const count = (severity: Severity) => {
    const number = diagnostics.filter((one) => one.severity === severity).length;
    return `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  return `${count('error')}, ${count('warning')} in ${visible(file)}`;
}

/** The plain value for `--json`: every field of the diagnostic, in a fixed order, absent ones left out. */
export function diagnosticJson(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { code, severity, message, place, because, fix, boardState } = diagnostic;
  return Object.fromEntries(
    Object.entries({ code, severity, message, place, because, fix, boardState }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function humanForm(diagnostic: Diagnostic, options: FormatOptions): string {
  const { place, severity } = diagnostic;
  const paint = options.colour ?? ((_, text) => text);
  const text = place === undefined ? undefined : options.source?.(place.file);
  return [
    `${locationPrefix(diagnostic)}${paint(severity, severity)}[${diagnostic.code}]: ${visible(diagnostic.message)}`,
    ...(place === undefined || text === undefined ? [] : codeFrame(text, place)),
    ...labelled('because', diagnostic.because, wrap),
    ...labelled('fix', diagnostic.fix, (line) => [line]),
    ...labelled('board', boardSentence(diagnostic.boardState), wrap),
    ...labelled('more', `ovl explain ${diagnostic.code}`, wrap),
  ].join('\n');
}

function locationPrefix({ place }: Diagnostic): string {
  return place === undefined ? '' : `${visible(place.file)}:${place.line}:${place.column}: `;
}

/** As DESIGN.md section 5 asks: every error that involves a board ends with the state of the board. */
function boardSentence(state: BoardState | undefined): string | undefined {
  switch (state) {
    case undefined:
      return undefined;
    case 'unchanged':
      return 'nothing was changed on it';
    case 'rolled back':
      return 'it was rolled back to what ran before';
    case 'unknown':
      return 'its state is unknown: look at it before anything else';
  }
}

const labelWidth = 12;
const textWidth = 100;

function labelled(
  label: string,
  text: string | undefined,
  layOut: (line: string) => readonly string[],
): readonly string[] {
  if (text === undefined) return [];
  const lines = text.split('\n').map(visible).flatMap(layOut);
  return lines.map((line, index) =>
    `${(index === 0 ? `   ${label}` : '').padEnd(labelWidth)}${line}`.trimEnd(),
  );
}

/** Breaks a line at blanks. Commands and file lines, which people copy, are not passed through here. */
function wrap(line: string): readonly string[] {
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= textWidth - labelWidth)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function gccLine(diagnostic: Diagnostic): string {
  return `${locationPrefix(diagnostic)}${diagnostic.severity}: ${visible(diagnostic.message)} [${diagnostic.code}]`;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions: what has to be escaped, and how. */
function githubLine(diagnostic: Diagnostic): string {
  const { place, severity, code } = diagnostic;
  const command = severity === 'note' ? 'notice' : severity;
  const properties = {
    ...(place === undefined
      ? {}
      : {
          file: place.file,
          line: place.line,
          endLine: place.endLine,
          col: place.column,
          endColumn: place.endColumn,
        }),
    title: code,
  };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${githubProperty(String(value))}`);
  const body = [diagnostic.message, diagnostic.because, diagnostic.fix && `fix: ${diagnostic.fix}`];
  return `::${command} ${list.join(',')}::${githubData(body.filter(Boolean).join('\n'))}`;
}

function githubData(text: string): string {
  const lines = text.replaceAll('%', '%25').split('\n');
  return lines.map(visible).join('%0A');
}

function githubProperty(text: string): string {
  return visible(text.replaceAll('%', '%25')).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
