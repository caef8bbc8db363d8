/** Facts → what `ovl init` would have asked. Pure. What the facts do not tell is left out, for a person to say. */

import { rootTypes } from '../../board/schema.ts';
import type { BoardAnswers, FindKey, Seen } from '../../board/template.ts';
import { type Facts, knownValue, type Mount } from './facts.ts';
import { type SeenStorage, usedStorage } from './seen-storage.ts';

export interface SeenBoard {
  readonly answers: Partial<Pick<BoardAnswers, 'name' | 'arch' | 'kernel' | 'root' | 'storage'>>;
  readonly find?: { readonly by: FindKey; readonly value: string };
  readonly seen: Seen;
}

/** Of what a kernel can mount, what a board file is about. */
const relevant: readonly string[] = [
  ...['proc', 'sysfs', 'tmpfs', 'ramfs', 'devtmpfs', ...rootTypes],
  ...['jffs2', 'ubifs', 'f2fs', 'overlay', 'overlayfs', 'mini_fo', 'unionfs', 'aufs', 'fuse'],
];

const unions: readonly string[] = ['overlay', 'overlayfs', 'mini_fo', 'unionfs', 'aufs'];

/**
 * @param on what the comments call the board
 * @param wanted the type of storage that was asked for, where the one that is used is not to be taken
 */
export function answersFrom(facts: Facts, on: string, wanted?: BoardAnswers['storage']): SeenBoard {
  const root = rootMount(facts);
  const storage = usedStorage(facts, wanted);
  const modules = modulesFor(facts, storage.type);
  const rootType = rootTypes.find((type) => type === root?.fstype);
  return {
    answers: {
      ...given('name', nameOf(facts)),
      ...given('arch', knownValue(facts.machine.arch)),
      ...given('kernel', knownValue(facts.kernel.release)),
      ...given('root', rootType),
      storage: storage.type,
    },
    ...given('find', storage.find),
    seen: {
      on,
      ...given('description', descriptionOf(facts)),
      ...given('compatible', knownValue(facts.machine.compatible)),
      ...given('filesystems', filesystemsOf(facts, modules)),
      modules,
      jffs2RenameWhiteout: renamesOnJffs2(facts),
      ...given('rootDevice', rootDevice(facts, root)),
      ...given('size', storage.size),
      ...given('eraseBlock', storage.eraseBlock),
      ...given(
        'applets',
        knownValue(facts.programs.found)?.map(({ name }) => name),
      ),
      notes: notesOf(facts, on, root, storage),
    },
  };
}

/** What the kernel mounted at / before anything was laid over it: `/rom` where a union is there. */
export function rootMount(facts: Facts): Mount | undefined {
  const table = knownValue(facts.storage.mounts) ?? [];
  const at = (target: string): Mount | undefined =>
    table.find((mount) => mount.target === target && !mount.hidden && mount.fstype !== 'rootfs');
  const root = at('/');
  return root !== undefined && unions.includes(root.fstype) ? (at('/rom') ?? root) : root;
}

/** A union that runs already, by overlaykit or by the maker. */
export function runsInUnion(facts: Facts): boolean {
  const table = knownValue(facts.storage.mounts) ?? [];
  return table.some(({ target, hidden, fstype }) => target === '/' && !hidden && unions.includes(fstype));
}

/** /dev/root is a name that only the mount table has; the command line says what it is. */
function rootDevice(facts: Facts, root: Mount | undefined): string | undefined {
  if (root?.source.startsWith('/dev/') === true && root.source !== '/dev/root') return root.source;
  const word = / root=(\/dev\/\S+)/.exec(` ${knownValue(facts.kernel.cmdline) ?? ''}`)?.[1];
  return word === '/dev/root' ? undefined : word;
}

function nameOf(facts: Facts): string | undefined {
  const words = [
    knownValue(facts.machine.compatible)?.[0]?.split(',').at(-1),
    knownValue(facts.machine.model),
  ];
  return [...words, knownValue(facts.os)?.id]
    .map((text) =>
      (text ?? '')
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/^[^a-z0-9]+|-+$/g, ''),
    )
    .find((text) => text !== '')
    ?.slice(0, 60);
}

function descriptionOf(facts: Facts): string | undefined {
  const parts = [knownValue(facts.machine.model), knownValue(facts.os)?.name].filter(
    (text) => (text ?? '') !== '',
  );
  return parts.length === 0 ? undefined : parts.join(', ').slice(0, 200);
}

/** Drivers of the storage and of the union that are no part of the kernel itself. */
function modulesFor(facts: Facts, storage: string): readonly string[] {
  const present = knownValue(facts.kernel.modules) ?? [];
  const builtIn = (knownValue(facts.kernel.filesystems) ?? []).filter((name) => !present.includes(name));
  const union = unions.some((name) => builtIn.includes(name))
    ? undefined
    : unions.find((name) => present.includes(name));
  return [storage, union].filter(
    (name): name is string => name !== undefined && present.includes(name) && !builtIn.includes(name),
  );
}

function filesystemsOf(facts: Facts, modules: readonly string[]): readonly string[] | undefined {
  const listed = knownValue(facts.kernel.filesystems);
  if (listed === undefined) return undefined;
  return relevant.filter((name) => listed.includes(name) || modules.includes(name));
}

/** As tried on a scratch directory; else by the one distribution whose kernels have the patches. */
function renamesOnJffs2(facts: Facts): boolean {
  const tried = knownValue(facts.scratch)?.find(({ name }) => name === 'union-rename');
  return tried?.works ?? knownValue(facts.os)?.id === 'openwrt';
}

function notesOf(
  facts: Facts,
  on: string,
  root: Mount | undefined,
  storage: SeenStorage,
): NonNullable<Seen['notes']> {
  const mnt = knownValue(facts.paths)?.find(({ path }) => path === '/mnt')?.kind;
  const union = runsInUnion(facts);
  return {
    ...(root === undefined
      ? {}
      : {
          root: [
            `Seen on ${on}: ${root.source} of type ${root.fstype}, ${root.options[0] ?? ''} at ${root.target}.`,
          ],
        }),
    storage: storage.notes.map((note) => `Seen on ${on}: ${note}`),
    ...(union ? { union: [`${on} runs in a union already; what is below follows its parts.`] } : {}),
    ...(mnt === undefined || mnt === 'empty'
      ? {}
      : {
          enter: [
            `Seen on ${on}: /mnt is ${mnt === 'absent' ? 'not there' : 'not empty'}; name another directory.`,
          ],
        }),
    applets: [
      `Seen on ${on}, of the programs that overlaykit knows.`,
      ...(union
        ? ['It runs in a union: some of them may be in the writable layer only, and not at boot.']
        : []),
    ],
  };
}

function given<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: T });
}
