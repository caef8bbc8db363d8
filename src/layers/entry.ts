/** What lies in a layer's tree: a listing, from a tar or from a board, in any order. Names are byte strings. */
export interface LayerEntry {
  /** From the layer's root, without slashes at its ends: "etc/passwd". The root itself is "". */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'char-device' | 'block-device' | 'fifo' | 'socket';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Of a symbolic link. */
  readonly target?: string;
  /** Of a device node. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes by their names, values as byte strings. */
  readonly attributes?: ReadonlyMap<string, string>;
  /** Content, where the format keeps notes in files (mini_fo). */
  readonly content?: string;
}
