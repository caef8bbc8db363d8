/** Compressed data that cannot have been written by a compressor, or that unpacks to more than it may. */
export class CorruptData extends RangeError {
  constructor(what: string) {
    super(what);
    this.name = 'CorruptData';
  }
}
