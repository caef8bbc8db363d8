import { Failure } from '../diagnostics/diagnostic.ts';
import type { ImageSource } from './source.ts';

/** OVL354: the image contradicts itself. `because` says what is wrong, naming positions in bytes. */
export function damaged(source: ImageSource, because: string, cause?: unknown): Failure {
  return new Failure(
    {
      code: 'OVL354',
      severity: 'error',
      message: `the root image "${source.path}" is damaged`,
      because,
      fix: 'copy it again from where it came, and compare the checksums',
    },
    { cause },
  );
}

/** OVL353: the image says of itself that it is longer than the file. */
export function truncated(source: ImageSource, type: string, claimed: number): Failure {
  return new Failure({
    code: 'OVL353',
    severity: 'error',
    message: `the root image "${source.path}" is truncated`,
    because: `its ${type} superblock says ${claimed} bytes, the file has ${source.bytes}: ${claimed - source.bytes} are missing`,
    fix: 'copy it again from where it came, and compare the checksums',
  });
}

/**
 * Reads structures of an image. Whoever parses bounds-checks nothing by hand: a position outside of the file or of a
 * table is a RangeError, and that means damage, not a bug of ours.
 */
export async function reading<T>(source: ImageSource, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof RangeError) throw damaged(source, error.message, error);
    throw error;
  }
}
