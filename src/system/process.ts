/** Runs the host's tools: argv arrays only, the tool looked up first, its own words in the diagnostic when it fails. */
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { Failure } from '../diagnostics/diagnostic.ts';
import { requireTool, type ToolName } from './tools.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the tool reads on stdin; nothing by default. */
  readonly input?: Readable | Uint8Array;
  readonly signal?: AbortSignal;
  /** Longest time it may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Gets every whole line of stdout as it comes, for progress. */
  readonly onLine?: (line: string) => void;
}

/** How many lines of what a tool said are quoted. */
const quotedLines = 12;

/**
 * Runs a tool to its end and returns what it wrote to stdout.
 * @throws Failure OVL401 when the tool is missing, OVL405 when it fails, is killed or takes too long
 */
export async function runTool(
  tool: ToolName,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const child = execa(requireTool(tool), args, {
    reject: false,
    stripFinalNewline: false,
    // Tools' words are quoted in diagnostics and sometimes parsed: they have to be the same in every locale.
    env: { ...options.env, LC_ALL: 'C' },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  if (options.onLine !== undefined) {
    for await (const line of child.iterable({ preserveNewlines: false })) options.onLine(line);
  }
  const result = await child;
  if (!result.failed) return result.stdout;
  throw new Failure({
    code: 'OVL405',
    severity: 'error',
    message: `"${tool}" failed${howItEnded(result)}`,
    because: lastLines(`${result.stdout}\n${result.stderr}`) || result.shortMessage || 'it said nothing',
  });
}

function howItEnded(result: {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
}): string {
  if (result.timedOut) return ': it took too long';
  if (result.isCanceled) return ': it was interrupted';
  if (result.signal !== undefined) return `: killed by ${result.signal}`;
  return result.exitCode === undefined ? '' : ` with exit code ${result.exitCode}`;
}

/** The end of what a program said, without empty lines. */
export function lastLines(text: string, count: number = quotedLines): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .join('\n');
}
