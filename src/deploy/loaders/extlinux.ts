/** extlinux.conf: U-Boot's distro boot and syslinux. Every label's `append` line is edited; one without it gets one. */
import {
  common,
  type Edited,
  editLines,
  type KernelWords,
  type Loader,
  newLineMark,
  setWords,
  undoLines,
  undoText,
  wordOf,
} from './loader.ts';

const append = /^(\s*append\s+)(.*)$/i;

export const extlinux: Loader = {
  kind: 'extlinux',
  paths: [
    '/boot/extlinux/extlinux.conf',
    '/extlinux/extlinux.conf',
    '/boot/extlinux.conf',
    '/boot/syslinux/syslinux.cfg',
  ],
  edit,
  undo: undoText(undoLines),
  read: (text, word) => common(appends(text).map((line) => wordOf(line, word))),
};

function edit(text: string, words: KernelWords): Edited {
  if (!/^\s*label\s/im.test(text)) return { problem: 'has no "label" line, so nothing in it boots' };
  const { text: edited, count } = editLines(
    text,
    (line) => append.test(line),
    (line) => line.replace(append, (_, start: string, rest: string) => `${start}${setWords(rest, words)}`),
  );
  return { text: count === 0 ? addAppends(edited, words) : edited };
}

/** Below each kernel, since an append line above all labels would be taken by syslinux only. */
function addAppends(text: string, words: KernelWords): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const indent = /^(\s*)(?:kernel|linux)\s/i.exec(line)?.[1];
      return indent === undefined
        ? [line]
        : [line, `${indent}${newLineMark}`, `${indent}append ${setWords('', words)}`];
    })
    .join('\n');
}

function appends(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const found = append.exec(line)?.[2];
    return found === undefined || line.trimStart().startsWith('#') ? [] : [found];
  });
}
