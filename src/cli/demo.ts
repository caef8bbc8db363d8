/**
 * `npm run demo`: installs what is missing, plays the demo on this terminal, and draws what happened;
 * `npm run demo -- --svg FILE` draws it into a file too.
 */

import { Failure } from '../diagnostics/diagnostic.ts';
import { demo } from '../lab/demo/demo.ts';
import { picture } from '../lab/demo/picture.ts';
import { storiesSvg } from '../lab/demo/picture-svg.ts';
import { Stage } from '../lab/demo/stage.ts';
import type { Story } from '../lab/demo/story.ts';
import type { Teller } from '../lab/demo/teller.ts';
import { stockKernel } from '../lab/kernel/stock.ts';
import { writeOutput } from '../system/files.ts';
import { installPrerequisites, missingPackages } from '../system/prerequisites.ts';
import type { ToolName } from '../system/tools.ts';
import type { ExitName } from './exit.ts';
import { interruptSignal } from './interrupt.ts';
import { readGlobals } from './options.ts';
import { report } from './report.ts';
import { stepsTeller } from './steps.ts';
import { wantsColor } from './terminal.ts';
import { usageFailure } from './usage.ts';

/** What the demo calls, and nothing more. */
const tools: readonly ToolName[] = [
  ...(['qemu-system-x86_64', 'setpriv', 'busybox', 'sqfstar', 'mksquashfs'] as const),
  ...(['apt-get', 'apt-cache', 'dpkg-deb', 'depmod', 'xz', 'tar', 'gcc', 'musl-gcc'] as const),
  'debian-archive-keyring',
  'debootstrap',
];

/** Codes that say that a board did not do as told, as opposed to a machine on which it cannot be tried. */
const disproofs: readonly string[] = ['OVL410', 'OVL411', 'OVL414'];

const started = Date.now();
const signal = interruptSignal();
process.exitCode = await main();

async function main(): Promise<number> {
  const globals = readGlobals({});
  const live = process.stdout.isTTY === true && process.env.TERM !== 'dumb';
  const teller = stepsTeller({
    write: (text) => process.stdout.write(text),
    live,
    styled: wantsColor('stdout', globals.color),
    columns: process.stdout.columns ?? 80,
  });
  try {
    const svg = svgFile(process.argv.slice(2));
    const stories = await play(teller);
    if (svg !== undefined) await writeOutput(svg, { mode: 0o644, content: storiesSvg(stories) });
    return await report('demo', { text: ending(stories), data: {}, diagnostics: [] }, globals);
  } catch (error) {
    if (signal.aborted) return report('demo', { data: {}, diagnostics: [], exit: 'interrupted' }, globals);
    if (!(error instanceof Failure)) throw error;
    const { diagnostics } = error;
    const exit: ExitName | undefined = diagnostics.some(({ code }) => disproofs.includes(code))
      ? 'no'
      : undefined;
    return report('demo', { data: {}, diagnostics, ...(exit === undefined ? {} : { exit }) }, globals);
  }
}

/** The only option; the table of commands is ovl's. */
function svgFile(words: readonly string[]): string | undefined {
  const [option, file, ...more] = words;
  if (option === undefined) return undefined;
  if (option !== '--svg') throw usageFailure('OVL002', `unknown option "${option}"`, '--svg FILE');
  if (file === undefined || more.length > 0) throw usageFailure('OVL003', 'one file is needed', '--svg FILE');
  return file;
}

async function play(teller: Teller): Promise<readonly Story[]> {
  await teller.step('Tools', async (say) => {
    const missing = missingPackages(tools);
    await installPrerequisites(tools, say);
    say(missing.length === 0 ? 'all here' : `installed ${missing.join(', ')}`);
  });
  await teller.step("Debian's kernel", async (say) => {
    say((await stockKernel({ signal, onProgress: say })).version);
  });
  const stage = await Stage.open(signal);
  try {
    return await demo(stage, teller);
  } finally {
    await stage.close();
  }
}

function ending(stories: readonly Story[]): string {
  const seconds = Math.round((Date.now() - started) / 1000);
  return `
What happened, as read from the booted boards. The arrow shows where / takes the
file from: the storage, where that has it, else the read-only root.

${stories.map(picture).join('\n\n')}

${seconds} s. Your own board: npx ovl init, then docs/guides/first-board.md
`;
}
