/** One file of a bundle, as it lies on the board. Owner and time are no part of it: they are always 0:0 and the bundle's. */
export interface BundleFile {
  /** Relative to the board's root, without a leading slash: `sbin/overlay_init`. */
  readonly path: string;
  /** Permission bits, such as 0o755. */
  readonly mode: number;
  readonly content: Uint8Array;
  /** Whether a root image holds it unpacked; the manifest says so. */
  readonly plain?: boolean;
}
