/** Every value of a board file arrives whole in the command that uses it, whatever bytes it has, or is refused by a code. */

import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { decodeBoard } from '../../src/board/decode.ts';
import { printable, quote } from '../../src/render/quote.ts';
import { requireTool } from '../../src/system/tools.ts';
import { escapeLowerdir } from '../../src/union/overlay.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, shells } from '../support/shell-board.ts';

const nasty = [
  '',
  ' ',
  '  two  blanks ',
  "it's",
  '"',
  '$(reboot)',
  '`reboot`',
  '$HOME',
  '\\',
  '\\n',
  'a\nb',
  '\n',
  '-n',
  '--',
  '-',
  '*',
  '?',
  '[a]',
  '~',
  '#',
  ';',
  '&',
  '|',
  '>',
  '!',
  '{a,b}',
  'a:b',
  'a,b',
  'a\\:b',
  'ä',
  '\u{1f4a5}',
  '\x1b[31m',
  '\t',
  '\r',
  '%s',
  'a=b',
  "'$(x)'",
  '\x7f',
];

/** Any text but NUL: pieces that hurt, mixed with arbitrary characters. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 6 })
  .map((parts) => parts.join('').replaceAll('\0', ''));

for (const shell of shells) {
  test.serial(`${shell}: words come back as they went in`, async (t) => {
    const words = [...nasty, ...fc.sample(anyText, { numRuns: 400, seed: 20_260_101 })];
    t.deepEqual(await echoed(shell, words.map(quote).join(' ')), words);
  });
}

/** What a shell makes of a line of words: each one printed with a NUL behind it, by a program and not by the shell. */
async function echoed(shell: string, line: string): Promise<readonly string[]> {
  const args = shell === 'busybox' ? ['sh'] : [];
  const program = `exec "$0" -e 'process.stdout.write(process.argv.slice(1).map((word) => word + "\\0").join(""))' -- ${line}\n`;
  const { stdout } = await execa(
    requireTool(shell as 'busybox'),
    [...args, '-c', program, process.execPath],
    {
      stripFinalNewline: false,
    },
  );
  return stdout.split('\0').slice(0, -1);
}

test('a comment or a message made of any text is one line of printable ASCII that ends no string', (t) => {
  fc.assert(
    fc.property(anyText, (text) => {
      t.regex(printable(text), /^[ !#-[\]-~]*$/);
      t.is([...printable(text)].length <= text.length, true);
    }),
  );
});

test('a lower directory unescapes to itself as the kernel does it', (t) => {
  // ovl_split_lowerdirs and ovl_next_opt (fs/overlayfs): a backslash takes the next character literally.
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (paths) => {
      const option = paths.map(escapeLowerdir).join(':');
      t.deepEqual(
        kernelSplit(option, ':'),
        paths.map((path) => path),
      );
      t.is(kernelSplit(`${option},upperdir=x`, ',').length, 2);
    }),
  );
});

/** Splits at a separator that has no backslash before it; takes away the backslashes when the separator is a colon. */
function kernelSplit(text: string, separator: ':' | ','): readonly string[] {
  const parts = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) {
      at++;
      parts[parts.length - 1] += separator === ':' ? text.charAt(at) : `\\${text.charAt(at)}`;
    } else if (character === separator) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** The values that reach a shell, each with a way to put it into a board file and to find it in a call. */
const values: readonly {
  readonly title: string;
  readonly board: (value: string) => Readonly<Record<string, unknown>>;
  readonly files?: (value: string) => Partial<ShellBoardFiles>;
  /** The calls that must hold the value, given every call of the boot. */
  readonly arrives: (t: ExecutionContext, value: string, calls: readonly (readonly string[])[]) => void;
}[] = [
  {
    title: 'MTD name',
    board: (value) => ({ storage: { type: 'jffs2', find: { mtd: value } } }),
    files: (value) => ({ mtd: `mtd0: 00100000 00010000 "other"\nmtd7: 00100000 00010000 "${value}"\n` }),
    arrives: (t, _value, calls) => t.true(calls.some((call) => call[0] === 'mount' && call.includes('mtd7'))),
  },
  {
    title: 'label',
    board: (value) => ({ storage: { type: 'ext4', find: { label: value } } }),
    arrives: (t, value, calls) =>
      t.deepEqual(calls.find(([name]) => name === 'findfs')?.slice(1), [`LABEL=${value}`]),
  },
  {
    title: 'UUID',
    board: (value) => ({ storage: { type: 'ext4', find: { uuid: value } } }),
    arrives: (t, value, calls) =>
      t.deepEqual(calls.find(([name]) => name === 'findfs')?.slice(1), [`UUID=${value}`]),
  },
  {
    title: 'module parameter',
    board: (value) => ({ kernel: { version: '6.1', modules: [{ name: 'phram', parameters: [value] }] } }),
    arrives: (t, value, calls) =>
      t.deepEqual(
        calls.find(([name]) => name === 'modprobe'),
        ['modprobe', 'phram', value],
      ),
  },
  {
    title: 'mount option of the storage',
    board: (value) => ({ storage: { type: 'jffs2', find: { mtd: 'storage' }, options: [value] } }),
    files: () => ({ mtd: 'mtd1: 01000000 00010000 "storage"\n' }),
    arrives: (t, value, calls) =>
      t.true(calls.some((call) => call[0] === 'mount' && call.includes(`rw,${value}`))),
  },
  {
    title: 'device of a layer',
    board: (value) => ({ layers: [{ name: 'vendor', type: 'squashfs', device: `/dev/${value}` }] }),
    files: () => ({ mtd: 'mtd1: 01000000 00010000 "storage"\n' }),
    arrives: (t, value, calls) =>
      t.true(calls.some((call) => call[0] === 'mount' && call.includes(`/dev/${value}`))),
  },
  {
    title: 'name of a layer',
    board: (value) => ({ layers: [{ name: value, type: 'squashfs', device: '/dev/sda2' }] }),
    files: () => ({ mtd: 'mtd1: 01000000 00010000 "storage"\n' }),
    arrives: (t, value, calls) => {
      const lowerdir = `lowerdir=${escapeLowerdir(`/run/overlaykit/layers/${value}`)}:/`;
      t.true(calls.some((call) => call[0] === 'mount' && call.some((word) => word.includes(lowerdir))));
    },
  },
  {
    title: 'init',
    board: (value) => ({ enter: { init: `/opt/${value}` } }),
    files: (value) => ({ mtd: 'mtd1: 01000000 00010000 "storage"\n', initPath: `/opt/${value}` }),
    // That it was executed is the proof; the model's merged root is a folder that has it too.
    arrives: (t, _value, calls) => t.deepEqual(calls.at(-1), ['init', 'one', 'two words']),
  },
];

for (const shell of ['busybox', 'dash'] as const) {
  for (const { title, board, files, arrives } of values) {
    test.serial(`${shell}: ${title} arrives whole, or is refused`, async (t) => {
      let arrived = 0;
      let refused = 0;
      for (const value of [...nasty, ...fc.sample(anyText, { numRuns: 10, seed: 20_260_102 })]) {
        const text = boardText({
          helper: { enabled: false },
          ladder: ['persistent', 'read-only'],
          ...board(value),
        });
        const decoded = decodeBoard('test.yaml', text);
        if (!decoded.ok) {
          refused++;
          t.true(
            decoded.diagnostics.every(({ code, place }) => code.startsWith('OVL1') && place !== undefined),
          );
          continue;
        }
        const { script, applets } = await renderBoard(text);
        const shellFiles: ShellBoardFiles = { overlayInit: script, applets, ...files?.(value) };
        const boot = await (await ShellBoard.make(t, shell, shellFiles)).boot(shellFiles, 0);
        t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], JSON.stringify(value));
        arrives(t, value, boot.calls);
        arrived++;
      }
      t.log(`${arrived} arrived, ${refused} were refused`);
      t.true(arrived + refused > 45);
    });
  }
}
