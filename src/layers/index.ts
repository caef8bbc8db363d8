/**
 * Layers as they lie on a storage. In: the entries of a tree, as a listing. Out: what it changes of its base. Pure; it imports
 * no process, no ssh2, and reads no files.
 */
export type { Change } from './change.ts';
export type { LayerEntry } from './entry.ts';
export { readUpper, type UpperFormat, upperFormats } from './read-upper.ts';
