/** ImageFormat: what a root file system must be able to do to get a bundle. One row of `formats` each. */
import type { ImageSource } from './source.ts';
import type { DirectoryNode, FileNode } from './tree.ts';

export type ImageType = 'squashfs' | 'cramfs';

/** What an image is made of, apart from its files. */
export interface ImageMake {
  readonly type: ImageType;
  /** Name of the compressor: gzip, lzo, lz4, xz, zstd, lzma. */
  readonly compression: string;
  /** The compressor's options as `mksquashfs` takes them; empty where they are the defaults. */
  readonly compressionOptions: readonly string[];
  /** Bytes of one data block. */
  readonly blockSize: number;
  readonly byteOrder: 'little' | 'big';
  /** Seconds since 1970 when the image was made; undefined where the format does not say. */
  readonly time?: number;
  /** Bytes that the file system uses; the image file may be padded to more. */
  readonly bytesUsed: number;
}

export interface OpenImage {
  readonly make: ImageMake;
  /** The tree; edit it in place, then `write`. */
  readonly root: DirectoryNode;
  /** Reads a file of the tree, at most `limit` bytes. */
  read(node: FileNode, limit: number): Promise<Uint8Array>;
  /**
   * Tells the content of a file that was read from others, in hexadecimal. Of the bytes as they are packed: what is kept when
   * the image is written again keeps its digest, and nothing has to be unpacked.
   */
  digest(node: FileNode): Promise<string>;
  /** Writes the image with the tree as it is now. Everything that was not edited keeps its bytes where they can be kept. */
  write(sink: ImageSink): Promise<void>;
}

/** Where the new image goes: written front to back, but for the superblock, which is only known at the end. */
export interface ImageSink {
  /** Bytes written so far: where the next `append` lands. */
  readonly position: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Overwrites what was appended before. */
  patch(position: number, bytes: Uint8Array): Promise<void>;
}

export interface ImageFormat {
  readonly type: ImageType;
  /** Where its superblock may begin, and whether one is there. */
  recognise(source: ImageSource): Promise<boolean>;
  /**
   * Reads the whole tree.
   * @throws Failure OVL351, OVL353 or OVL354 when it is another version, truncated, or damaged
   */
  open(source: ImageSource): Promise<OpenImage>;
}
