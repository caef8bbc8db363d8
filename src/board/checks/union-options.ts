/** Options of the union system: known to it, not overlaykit's own, free of contradictions, and not older than the kernel. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { nearest } from '../../diagnostics/suggest.ts';
import type { CheckedBoard } from '../decode.ts';
import { type OverlayOption, overlayOptionTable } from '../overlay-options.ts';
import type { Path } from '../plain-yaml.ts';
import { atLeast } from '../version.ts';
import { finding } from './finding.ts';
import { type LikelyUnion, likelyUnion } from './likely-union.ts';

export function checkUnionOptions(checked: CheckedBoard): readonly Diagnostic[] {
  const system = likelyUnion(checked.board);
  if (system === undefined || !Object.hasOwn(vocabularies, system)) return [];
  const vocabulary = vocabularies[system] ?? nothing;
  const singles = Object.entries(checked.board.union.options).flatMap(([name, value]) =>
    checkOption(checked, system, vocabulary, name, value),
  );
  return [...singles, ...(system === 'overlay' ? contradictions(checked) : [])];
}

interface Vocabulary {
  /** Stated by overlaykit, from the storage and the layers. */
  readonly own: readonly string[];
  readonly options: Readonly<Record<string, OverlayOption>>;
  /** Known, and refused: what would happen. */
  readonly refused: Readonly<Record<string, string>>;
}

const nothing: Vocabulary = { own: [], options: {}, refused: {} };

/**
 * Options that cost something, and what. With any of these the upper refers to inodes or to data of this very base image,
 * and another base under it (a firmware update) gives ESTALE, EIO, empty directories or old files with new content.
 */
const bound =
  'it makes the upper refer to this very root image: after an update of the root, the merged root shows ';

const hazards: Readonly<Record<string, string>> = {
  'redirect_dir=on': `${bound}renamed directories empty where their origin is gone`,
  'index=on': `${bound}ESTALE at mount, or, on squashfs, the content of other files`,
  'metacopy=on': `${bound}new data under old owners and modes, or EIO`,
};

const vocabularies: Partial<Record<LikelyUnion, Vocabulary>> = {
  overlay: {
    own: ['lowerdir', 'upperdir', 'workdir'],
    options: overlayOptionTable,
    refused: {
      volatile:
        'after a power cut overlayfs refuses to mount a volatile upper again (EINVAL), and every boot would fall to the next rung',
      userxattr:
        'it is for mounts without root; with it redirect_dir and metacopy are ignored without a word',
      default_permissions: 'it is an old name for what overlayfs always does',
    },
  },
  overlayfs: {
    own: ['lowerdir', 'upperdir'],
    options: {},
    refused: {
      workdir: 'overlayfs before 3.18 has no workdir: its upper is the root of the storage',
    },
  },
  mini_fo: { own: ['base', 'sto'], options: {}, refused: {} },
};

function checkOption(
  checked: CheckedBoard,
  system: LikelyUnion,
  vocabulary: Vocabulary,
  name: string,
  value: string,
): readonly Diagnostic[] {
  const path: Path = ['union', 'options', name];
  if (vocabulary.own.includes(name)) return [ownOption(checked, path, name)];
  const option = Object.hasOwn(vocabulary.options, name) ? vocabulary.options[name] : undefined;
  if (option === undefined) return [unknownOption(checked, path, system, vocabulary, name)];
  return [
    ...unknownValue(checked, path, name, value, option),
    ...tooNew(checked, path, name, option),
    ...hazard(checked, path, name, value),
  ];
}

function ownOption(checked: CheckedBoard, path: Path, name: string): Diagnostic {
  const sideBySide = name === 'upperdir' || name === 'workdir';
  return finding(checked, 'OVL131', path, {
    message: `"${name}" is not an option to choose: overlaykit sets it`,
    because: sideBySide
      ? 'upperdir and workdir lie side by side on the storage; overlayfs refuses them on different mounts (EINVAL)'
      : 'it follows from the root, the layers and the storage of this file',
    fix: 'leave it away; storage says where the writable layer lives, layers what lies below it',
  });
}

function unknownOption(
  checked: CheckedBoard,
  path: Path,
  system: LikelyUnion,
  vocabulary: Vocabulary,
  name: string,
): Diagnostic {
  const known = Object.keys(vocabulary.options);
  const why = Object.hasOwn(vocabulary.refused, name) ? vocabulary.refused[name] : undefined;
  const meant = nearest(name, known);
  return finding(checked, 'OVL132', path, {
    message: `${system} is not mounted with the option ${quoted(name)}`,
    because:
      why ??
      `an option that the kernel does not know fails the mount (EINVAL); known: ${known.join(', ') || 'none'}`,
    fix:
      meant === undefined || why !== undefined ? 'leave it away' : `${meant}            (did you mean this?)`,
  });
}

function unknownValue(
  checked: CheckedBoard,
  path: Path,
  name: string,
  value: string,
  { values }: OverlayOption,
): readonly Diagnostic[] {
  if (values.includes(value)) return [];
  const meant = nearest(value, values);
  return [
    finding(checked, 'OVL133', path, {
      message: `${quoted(value)} is not a value of ${name}`,
      because: `a value that the kernel does not know fails the mount (EINVAL); known: ${values.join(', ')}`,
      ...(meant === undefined ? {} : { fix: `${meant}            (did you mean this?)` }),
    }),
  ];
}

function tooNew(
  checked: CheckedBoard,
  path: Path,
  name: string,
  { since }: OverlayOption,
): readonly Diagnostic[] {
  const { version } = checked.board.kernel;
  if (atLeast(version, since)) return [];
  return [
    finding(checked, 'OVL135', path, {
      message: `Linux ${version} does not know the overlay option "${name}"`,
      because: `it came with ${since}; an older kernel fails the mount (EINVAL, "unrecognized mount option")`,
      fix: 'leave it away',
    }),
  ];
}

function hazard(checked: CheckedBoard, path: Path, name: string, value: string): readonly Diagnostic[] {
  const option = `${name}=${value}`;
  const because = Object.hasOwn(hazards, option) ? hazards[option] : undefined;
  if (because === undefined) return [];
  return [
    finding(
      checked,
      'OVL136',
      path,
      {
        message: `${option} does not survive an update of the root`,
        because,
        fix: 'leave it away: overlaykit states the safe value, and states it in full',
      },
      'warning',
    ),
  ];
}

/** Pairs that overlayfs refuses, or quietly resolves against what was asked for (Documentation/filesystems/overlayfs.rst). */
const pairs = [
  {
    option: ['metacopy', 'on'],
    needs: (options: Options) => options.redirect_dir === 'on',
    because: 'metacopy=on needs redirect_dir=on, which overlaykit sets to off unless it is asked for',
    fix: 'add redirect_dir: on, or leave metacopy away',
  },
  {
    option: ['nfs_export', 'on'],
    needs: (options: Options) => options.index === 'on',
    because: 'nfs_export=on needs index=on, which overlaykit sets to off unless it is asked for',
    fix: 'add index: on, or leave nfs_export away',
  },
  {
    option: ['nfs_export', 'on'],
    needs: (options: Options) => options.metacopy !== 'on',
    because: 'nfs_export=on and metacopy=on exclude each other (EINVAL)',
    fix: 'keep one of them',
  },
] as const;

type Options = Readonly<Record<string, string>>;

function contradictions(checked: CheckedBoard): readonly Diagnostic[] {
  const { options } = checked.board.union;
  return pairs
    .filter(({ option: [name, value], needs }) => options[name] === value && !needs(options))
    .map(({ option: [name, value], because, fix }) =>
      finding(checked, 'OVL134', ['union', 'options', name], {
        message: `${name}=${value} contradicts the other options`,
        because,
        fix,
      }),
    );
}
