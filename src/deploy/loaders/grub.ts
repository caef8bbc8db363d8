/**
 * GRUB, in two forms. Where the board has update-grub, a file of our own in /etc/default/grub.d, which update-grub reads: grub.cfg is
 * made from it now and after every new kernel. Elsewhere the `linux` lines of grub.cfg itself.
 */
import {
  common,
  type Edited,
  editLines,
  type KernelWords,
  type Loader,
  type Made,
  setWords,
  undoLines,
  undoText,
  wordOf,
} from './loader.ts';

const head = '# Written by ovl deploy; without this file the board boots without overlaykit.\n';
const variable = /^GRUB_CMDLINE_LINUX="\$GRUB_CMDLINE_LINUX (.*)"$/m;

export const grubD: Loader = {
  kind: 'grub-d',
  paths: ['/etc/default/grub.d/overlaykit.cfg'],
  edit: (_, words) => writeDropIn(words),
  undo: undoDropIn,
  read: (text, word) => wordOf(variable.exec(text)?.[1] ?? '', word),
};

/** An empty file sets nothing; one that was only to be made good for grub.cfg is none that the board booted by. */
function undoDropIn(made: Made): string | undefined {
  if (made.from === made.to) return made.now === made.to ? '' : undefined;
  return undoText(() => '')(made);
}

/**
 * Whether grub.cfg was not made from the file of ours: the power went in between, or update-grub failed.
 * @param grubCfgText undefined where there is none
 */
export function isBehind(dropIn: string, grubCfgText: string | undefined): boolean {
  const words = variable.exec(dropIn)?.[1];
  if (words === undefined) return false;
  const lines = (grubCfgText ?? '').split('\n').flatMap((line) => linux.exec(line)?.[2] ?? []);
  return !lines.some((line) => ` ${line} `.includes(` ${words} `));
}

/** The file is read by a shell. */
function writeDropIn(words: KernelWords): Edited {
  const line = setWords('', words);
  if (!/^[\w=/.:@%+,\- ]*$/.test(line)) return { problem: `cannot hold ${JSON.stringify(line)}` };
  return { text: `${head}GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${line}"\n` };
}

const linux = /^(\s*linux(?:16|efi)?\s+\S+)(.*)$/;

export const grubCfg: Loader = {
  kind: 'grub-cfg',
  paths: ['/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'],
  edit: (text, words) => {
    const { text: edited, count } = editLines(
      text,
      (line) => linux.test(line),
      (line) => line.replace(linux, (_, start: string, rest: string) => `${start} ${setWords(rest, words)}`),
    );
    return count === 0 ? { problem: 'has no "linux" line, so nothing in it boots Linux' } : { text: edited };
  },
  undo: undoText(undoLines),
  read: (text, word) =>
    common(
      text.split('\n').flatMap((line) => {
        const rest = linux.exec(line)?.[2];
        return rest === undefined || line.trimStart().startsWith('#') ? [] : [wordOf(rest, word)];
      }),
    ),
};
