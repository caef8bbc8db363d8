/** Appends the contents of new files: full blocks one after the other, what is left over of each packed into fragments. */
import type { ImageSink } from '../format.ts';
import type { FileNode } from '../tree.ts';
import { blockWord } from './content.ts';
import { type FileExtent, noFragment } from './inode.ts';
import type { FragmentBlock } from './open.ts';
import { type Packing, packBlocks } from './pack.ts';
import { flag } from './superblock.ts';

export interface NewExtent extends FileExtent {
  readonly blocks: readonly number[];
}

export interface AppendedContents {
  readonly extents: ReadonlyMap<FileNode, NewExtent>;
  readonly fragments: readonly FragmentBlock[];
}

interface Piece {
  readonly content: Uint8Array;
  readonly plain: boolean;
}

/** @param flags of the superblock: whether data and fragments are packed, and whether there are fragments at all */
export async function appendContents(
  sink: ImageSink,
  files: readonly FileNode[],
  packing: Packing,
  flags: number,
  firstFragment: number,
): Promise<AppendedContents> {
  const { blockSize } = packing;
  const tails = (flags & flag.noFragments) === 0;
  // A tail shares its fragment with those of others, which are packed.
  const plan = files.map((file) => cut(file, blockSize, tails && file.plain !== true));
  const fragments = gather(plan, blockSize);
  const pieces: Piece[] = [
    ...plan.flatMap(({ file, blocks }) => {
      const plain = file.plain === true || (flags & flag.plainData) !== 0;
      return blocks.map((content) => ({ content, plain }));
    }),
    ...fragments.map((one) => ({ content: one.content, plain: (flags & flag.plainFragments) !== 0 })),
  ];
  const words = await appendPieces(sink, pieces, packing);
  const next = words[Symbol.iterator]();
  const take = (): { readonly start: number; readonly word: number } => {
    const { value } = next.next();
    if (value === undefined) throw new Error('fewer blocks were written than planned');
    return value;
  };
  const extents = new Map<FileNode, NewExtent>();
  for (const { file, blocks, tail } of plan) {
    const written = blocks.map(take);
    const fragment = fragments.findIndex((one) => one.tails.has(file));
    extents.set(file, {
      start: written[0]?.start ?? 0,
      size: file.size,
      fragment: tail.length === 0 ? noFragment : firstFragment + fragment,
      fragmentOffset: fragments[fragment]?.tails.get(file) ?? 0,
      blocks: written.map((one) => one.word),
    });
  }
  return { extents, fragments: fragments.map(take) };
}

interface CutFile {
  readonly file: FileNode;
  readonly blocks: readonly Uint8Array[];
  /** What is left over for a fragment. */
  readonly tail: Uint8Array;
}

/** A tail has at most this part of a block. */
const largestTail = 4;

function cut(file: FileNode, blockSize: number, tails: boolean): CutFile {
  const content = file.content;
  if (content === undefined) throw new Error('a new file has no content');
  const rest = content.length % blockSize;
  // The kernel unpacks a whole fragment for any file in it: a large tail would make a boot wait that reads a small file beside it.
  const end = tails && rest <= blockSize / largestTail ? content.length - rest : content.length;
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < end; at += blockSize)
    blocks.push(content.subarray(at, Math.min(at + blockSize, end)));
  return { file, blocks, tail: content.subarray(end) };
}

interface Fragment {
  readonly content: Uint8Array;
  /** Where in it the tail of each file begins. */
  readonly tails: ReadonlyMap<FileNode, number>;
}

function gather(plan: readonly CutFile[], blockSize: number): readonly Fragment[] {
  const fragments: Fragment[] = [];
  let parts: Uint8Array[] = [];
  let tails = new Map<FileNode, number>();
  let bytes = 0;
  const close = (): void => {
    if (bytes > 0) fragments.push({ content: Buffer.concat(parts), tails });
    parts = [];
    tails = new Map();
    bytes = 0;
  };
  for (const { file, tail } of plan) {
    if (tail.length === 0) continue;
    if (bytes + tail.length > blockSize) close();
    tails.set(file, bytes);
    parts.push(tail);
    bytes += tail.length;
  }
  close();
  return fragments;
}

async function appendPieces(
  sink: ImageSink,
  pieces: readonly Piece[],
  packing: Packing,
): Promise<readonly { readonly start: number; readonly word: number }[]> {
  const packable = pieces.filter((piece) => !piece.plain);
  const results = await packBlocks(
    packable.map((piece) => piece.content),
    packing,
  );
  const packed = new Map(packable.map((piece, index) => [piece, results[index]]));
  const written: { readonly start: number; readonly word: number }[] = [];
  for (const piece of pieces) {
    const body = packed.get(piece);
    written.push({
      start: sink.position,
      word: blockWord((body ?? piece.content).length, body !== undefined),
    });
    await sink.append(body ?? piece.content);
  }
  return written;
}
