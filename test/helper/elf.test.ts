import test from 'ava';
import { elfInterpreter } from '../../src/helper/elf.ts';

interface Shape {
  readonly bits: 32 | 64;
  readonly big: boolean;
}

/** An ELF program with one loaded segment of `bytes` bytes and, where named, an interpreter. */
function program({ bits, big }: Shape, interpreter?: string, bytes = 600): string {
  const file = Buffer.alloc(bytes);
  const put = (at: number, length: number, value: number): void => {
    if (big) file.writeUIntBE(value, at + (length > 6 ? length - 6 : 0), Math.min(length, 6));
    else file.writeUIntLE(value, at, Math.min(length, 6));
  };
  const wide = bits === 64;
  const word = wide ? 8 : 4;
  file.write('\x7fELF', 'latin1');
  file[4] = wide ? 2 : 1;
  file[5] = big ? 2 : 1;
  const size = wide ? 56 : 32;
  put(wide ? 32 : 28, word, 64);
  put(wide ? 54 : 42, 2, size);
  put(wide ? 56 : 44, 2, 2);
  const segment = (index: number, type: number, offset: number, length: number): void => {
    put(64 + index * size, 4, type);
    put(64 + index * size + (wide ? 8 : 4), word, offset);
    put(64 + index * size + (wide ? 32 : 16), word, length);
  };
  segment(0, 1, 0, 600);
  if (interpreter !== undefined) {
    segment(1, 3, 300, interpreter.length + 1);
    file.write(interpreter, 300, 'latin1');
  }
  return file.toString('latin1');
}

const interpreterOf = (file: string) =>
  elfInterpreter('/sbin/init', file.slice(0, 256), file.length, (offset, length) =>
    file.slice(offset, offset + length),
  );

for (const bits of [32, 64] as const) {
  for (const big of [false, true]) {
    const shape = { bits, big };
    const title = `${bits} bit, ${big ? 'big' : 'little'} endian`;

    test(`${title}: the interpreter's name`, (t) => {
      t.is(interpreterOf(program(shape, '/lib/ld-musl.so.1')), '/lib/ld-musl.so.1');
      t.is(interpreterOf(program(shape)), undefined);
    });

    test(`${title}: a program that was cut short at any byte is damaged`, (t) => {
      const whole = program(shape, '/lib/ld.so');
      for (let bytes = 64; bytes < whole.length; bytes += 7) {
        t.throws(
          () => interpreterOf(whole.slice(0, bytes)),
          { message: /is a damaged ELF program/ },
          `${bytes}`,
        );
      }
    });
  }
}

test('headers that make no sense', (t) => {
  const many = Buffer.from(program({ bits: 64, big: false }), 'latin1');
  many.writeUInt16LE(60000, 56);
  t.throws(() => interpreterOf(many.toString('latin1')), { message: /60000 program headers/ });
  t.throws(() => interpreterOf(program({ bits: 64, big: false }, 'x'.repeat(0))), {
    message: /an interpreter name of 1 bytes/,
  });
});
