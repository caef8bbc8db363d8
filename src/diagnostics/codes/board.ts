import { boardCheckCodes } from './board-checks.ts';
import type { CodeEntry } from './entry.ts';

/** OVL1xx: Board files: syntax, types, values, contradictions. */
export const boardCodes = {
  OVL101: {
    title: 'the board file is empty',
    explanation: `The file has no key at all: it is empty, or holds only blanks and comments. Often a redirection went wrong, or an
editor saved an empty file.

"ovl init" writes a commented board file to start from; the boards under board-configs/ are real ones to copy.`,
  },
  OVL102: {
    title: 'the board file is not text',
    explanation: `A board file is YAML in UTF-8. This one holds a NUL byte or bytes that are not UTF-8, as images, archives and files in
UTF-16 or Latin-1 do.

Check the file name on the command line. If the file is the right one, let the editor save it as UTF-8.`,
  },
  OVL103: {
    title: 'the board file is too large',
    explanation: `Board files are a page or two of text. More than 64 KiB are refused before anything is parsed, so that a wrong file
name or a hostile file costs neither time nor memory.`,
  },
  OVL104: {
    title: 'the board file is not YAML',
    explanation: `The text breaks YAML's own rules at the place shown: a bracket or quote that is not closed, a tab in the indentation,
a key without ":", a line indented less than the one it belongs to. The mistake is often on the line above.

Nothing else is checked until the file can be read as a whole, because all that follows would be guesses.`,
  },
  OVL105: {
    title: 'a key is given twice',
    explanation: `The same mapping has the same key in two places. YAML readers disagree on which one counts; on a board that decides
which partition is written to. Keep one.`,
  },
  OVL106: {
    title: 'the file holds more than one YAML document',
    explanation: `"---" starts a new YAML document. A board file is one document and describes one board; put each board into a file of
its own.`,
  },
  OVL107: {
    title: 'the file uses more of YAML than board files do',
    explanation: `Board files are plain YAML: mappings, lists and scalars. Anchors (&a), aliases (*a), merge keys (<<), tags (!!str, !x)
and directives (%YAML) are refused outright.

They make a value mean something else than it shows: an alias repeats text from elsewhere, nested aliases turn a few
lines into gigabytes, a tag or directive changes types. Write the values out; put text into quotes.`,
  },
  OVL108: {
    title: 'the file is nested too deeply',
    explanation: `The deepest board file nests five levels. A file of many more is broken, or made to overflow the program that reads
it.`,
  },
  OVL109: {
    title: 'a key is not a word',
    explanation: `Every key of a board file is a word. A number, a list, a mapping or nothing at all stands in a key's place: mostly a
wrong indentation, or a ":" too many.`,
  },
  OVL110: {
    title: 'a key is not known',
    explanation: `The mapping has a key that board files do not know at this place. It is an error, not a warning: a slip such as
"erase_blok" would otherwise switch a check off without a word.

The message lists what is known here, the most similar key, and where else this key belongs. The whole vocabulary is
in docs/reference/board.md, and editors show it where the first line of the file names the JSON Schema.`,
  },
  OVL111: {
    title: 'a key is missing',
    explanation: `A key without a default is not given. overlaykit guesses no architecture, no file system and no partition: it would be
wrong on some board, and that board stands on a pole.`,
  },
  OVL112: {
    title: 'a value is none of the known words',
    explanation: `The key takes one of a few words, which the message lists, with the most similar one under "fix". Words are written in
lower case, as the kernel and this documentation spell them.`,
  },
  OVL113: {
    title: 'a value has the wrong type',
    explanation: `The key takes text, a whole number, true or false, a list or a mapping, and was given something else, or nothing. A
list is written [a, b] or as lines that start with "- ". yes, no, on and off are plain words in YAML 1.2: write true
or false.`,
  },
  OVL114: {
    title: 'text needs quotes, or YAML reads it as something else',
    explanation: `Without quotes YAML reads 5.10 as the number 5.1, 007 as 7 and true as a truth value. Where the board file wants text,
such as a kernel version, a wrong value would arrive without notice: Linux 5.10 and Linux 5.1 are years apart.

Put the value into quotes exactly as shown under "fix".`,
  },
  OVL115: {
    title: 'a size or time has no unit',
    explanation: `Sizes and times carry their unit: 64KiB, 3.4MiB, 16M; 500ms, 5s, 2min. A bare number is refused, because 64 may mean
bytes, kilobytes or blocks.

Sizes may also be hexadecimal with 0x: 0x360000. /proc/mtd prints hexadecimal without 0x: "00360000" there is
0x00360000, 3.4 MiB, and not 360000 bytes.`,
  },
  OVL116: {
    title: 'a value does not have the form it needs',
    explanation: `The text is not what the key takes: a path that does not start with "/", a size without a known unit, a name with
blanks. The message says the rule. M, k and G are binary, as the kernel's own mtdparts and mem= read them.`,
  },
  OVL117: {
    title: 'a value is too small, too large, or too long',
    explanation: `The number, list or text is beyond the bounds that the message names. The bounds are those of the kernel or of the
file formats that take the value.`,
  },
  OVL118: {
    title: 'the board file has another version',
    explanation: `"version" counts the changes of the board file format that would give old files another meaning. This overlaykit reads
version 1. Use the overlaykit that the file was written for, or read the change log and adapt the file.`,
  },
  OVL119: {
    title: 'there are more problems than are shown',
    explanation: `After a hundred problems the rest is only counted. A file like that is most likely not a board file, or one whose
indentation was lost.`,
  },
  ...boardCheckCodes,
} as const satisfies Record<string, CodeEntry>;
