/**
 * Decoding: the bytes of a board file become a Board whose every value remembers its place, or a complete list of what is
 * wrong. Nothing is thrown on any input: board files come from the network, from chats and from cut-off downloads.
 *
 * In: a file's name and content. Out: a Result. No file system here: the edge reads the bytes.
 */
import { type Diagnostic, failure, type Place, type Result, success } from '../diagnostics/diagnostic.ts';
import { placesIn } from '../diagnostics/place.ts';
import { explainIssue } from './issue.ts';
import { type Path, type PlainYaml, readPlainYaml } from './plain-yaml.ts';
import { type Board, boardSchema } from './schema.ts';

/** A decoded board that still knows its file. */
export interface CheckedBoard {
  readonly board: Board;
  readonly file: string;
  /** Place of the value at a path, or of the nearest thing above it where the file leaves it to the default. */
  where(path: Path): Place;
  /** Whether the file itself gives this value, rather than the vocabulary's default. */
  states(path: Path): boolean;
}

/** What decoding found: problems, and the board as far as they leave one (where only surplus keys are wrong). */
export interface Decoded {
  readonly checked?: CheckedBoard;
  readonly diagnostics: readonly Diagnostic[];
}

/** Far above any board file; a larger one is refused before it is parsed. */
export const mostBytes = 64 * 1024;

/** Beyond this many a file is not a board file with mistakes, but no board file. */
const mostProblems = 100;

/** Decodes the text of a board file. All problems are reported at once. */
export function decodeBoard(file: string, text: string): Result<CheckedBoard> {
  return asResult(decodeText(file, text));
}

/** Decodes the bytes of a board file: as decodeBoard, and binary files are told from text. */
export function decodeBoardBytes(file: string, bytes: Uint8Array): Result<CheckedBoard> {
  return asResult(decodeBytes(file, bytes));
}

function asResult({ checked, diagnostics }: Decoded): Result<CheckedBoard> {
  const broken = diagnostics.some((one) => one.severity === 'error');
  return checked === undefined || broken ? failure(...diagnostics) : success(checked, diagnostics);
}

export function decodeBytes(file: string, bytes: Uint8Array): Decoded {
  if (bytes.length > mostBytes) return { diagnostics: [tooLarge(file, bytes.length)] };
  const nul = bytes.indexOf(0);
  if (nul !== -1) return { diagnostics: [noText(file, `byte ${nul} is NUL`)] };
  try {
    return decodeText(file, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return { diagnostics: [noText(file, 'its bytes are not UTF-8')] };
    throw error;
  }
}

export function decodeText(file: string, withMark: string): Decoded {
  // Editors on Windows put a byte order mark first, and count columns without it.
  const text = withMark.replace(/^\uFEFF/, '');
  if (text.length > mostBytes) return { diagnostics: [tooLarge(file, text.length)] };

  const read = readPlainYaml(file, text);
  if (read.yaml === undefined) return { diagnostics: limited(read.diagnostics) };
  const { yaml } = read;
  const parsed = boardSchema.safeParse(yaml.value);
  const problems = parsed.success ? [] : explainIssues(parsed.error.issues, yaml);
  const diagnostics = limited([...read.diagnostics, ...problems].sort(byPlace));
  const board = parsed.success ? parsed.data : withoutSurplus(yaml, parsed.error.issues);
  return board === undefined ? { diagnostics } : { checked: attach(file, board, yaml), diagnostics };
}

/** One diagnostic a value: where several rules are broken, the first says enough. Below a refused value nothing is said. */
function explainIssues(issues: Parameters<typeof explainIssue>[0][], yaml: PlainYaml): readonly Diagnostic[] {
  const said = new Set<string>();
  return issues.flatMap((issue) => {
    const key = JSON.stringify([issue.path, issue.code === 'unrecognized_keys']);
    if (said.has(key) || isRefused(issue.path as Path, yaml)) return [];
    said.add(key);
    return explainIssue(issue, yaml);
  });
}

function isRefused(path: Path, yaml: PlainYaml): boolean {
  return path.some((_, index) => yaml.entry(path.slice(0, index + 1))?.kind === 'refused');
}

/** The board without its unknown keys, so that the rest can be checked in the same run; undefined where more is wrong. */
function withoutSurplus(yaml: PlainYaml, issues: Parameters<typeof explainIssue>[0][]): Board | undefined {
  const value = yaml.value;
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') return undefined;
    const holder = issue.path.reduce<unknown>(
      (current, part) => (current as Record<PropertyKey, unknown>)[part],
      value,
    ) as Record<string, unknown>;
    for (const key of issue.keys) delete holder[key];
  }
  const parsed = boardSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function attach(file: string, board: Board, yaml: PlainYaml): CheckedBoard {
  const states = (path: Path) => yaml.entry(path) !== undefined;
  return { board: settle(board, states), file, where: yaml.where, states };
}

/** Settles the defaults that depend on other keys. Storage on tmpfs has no persistent rung, and its size is the rung's. */
function settle(board: Board, states: (path: Path) => boolean): Board {
  if (board.storage.type !== 'tmpfs') return board;
  const { size, inodes } = board.storage;
  return {
    ...board,
    ladder: states(['ladder'])
      ? board.ladder
      : board.ladder.filter((rung) => rung !== 'persistent' && rung !== 'previous'),
    tmpfs: {
      ...board.tmpfs,
      ...(size !== undefined && !states(['tmpfs', 'size']) ? { size: `${size}B` } : {}),
      ...(inodes !== undefined && !states(['tmpfs', 'inodes']) ? { inodes } : {}),
    },
  };
}

export function byPlace(one: Diagnostic, other: Diagnostic): number {
  return (
    (one.place?.line ?? 0) - (other.place?.line ?? 0) || (one.place?.column ?? 0) - (other.place?.column ?? 0)
  );
}

function limited(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= mostProblems) return diagnostics;
  const shown = diagnostics.slice(0, mostProblems);
  const last = shown.at(-1)?.place;
  const rest: Diagnostic = {
    code: 'OVL119',
    severity: 'error',
    message: `${diagnostics.length - mostProblems} more problems are not shown`,
    ...(last === undefined ? {} : { place: last }),
    because: `a file with more than ${mostProblems} problems is most likely not a board file`,
  };
  return [...shown, rest];
}

function tooLarge(file: string, length: number): Diagnostic {
  return {
    code: 'OVL103',
    severity: 'error',
    message: `the board file has ${length} bytes`,
    place: placesIn(file, '')(0, 0),
    because: `a board file is a page of text; more than ${mostBytes} bytes are refused before they are parsed`,
    fix: 'check the file name: this may be an image or a log',
  };
}

function noText(file: string, why: string): Diagnostic {
  return {
    code: 'OVL102',
    severity: 'error',
    message: 'the board file is not text',
    place: placesIn(file, '')(0, 0),
    because: `a board file is YAML in UTF-8; ${why}`,
    fix: 'check the file name, or save the file as UTF-8',
  };
}
