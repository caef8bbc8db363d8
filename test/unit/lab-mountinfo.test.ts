import { readFile } from 'node:fs/promises';
import test from 'ava';
import fc from 'fast-check';
import { parseMountinfo } from '../../src/lab/mountinfo.ts';

test('a line with optional fields becomes one entry', (t) => {
  const text =
    '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:4 - overlay overlay rw,lowerdir=/,upperdir=/overlay/upper\n';
  t.deepEqual(parseMountinfo(text), [
    {
      target: '/mnt2',
      fstype: 'overlay',
      source: 'overlay',
      options: ['rw', 'noatime'],
      superOptions: ['rw', 'lowerdir=/', 'upperdir=/overlay/upper'],
    },
  ]);
});

test('octal escapes are undone, after the fields and options are split', (t) => {
  const text = '1 2 0:3 / /a\\040b\\134c rw - overlay so\\011urce rw,upperdir=/x\\134\\054y\n';
  t.like(parseMountinfo(text)[0], {
    target: '/a b\\c',
    source: 'so\turce',
    superOptions: ['rw', 'upperdir=/x\\,y'],
  });
});

test('a mount point called "-" is not taken for the separator', (t) => {
  t.like(parseMountinfo('1 2 0:3 / - rw - tmpfs none rw\n')[0], { target: '-', fstype: 'tmpfs' });
});

test('an empty source stays empty', (t) => {
  t.is(parseMountinfo('1 2 0:3 / /m rw - tmpfs  rw\n')[0]?.source, '');
});

test('what is not mountinfo is refused with the line', (t) => {
  t.throws(() => parseMountinfo('proc /proc proc rw 0 0\n'), { message: /proc \/proc proc rw 0 0/ });
});

test("this process's own mount table has a root", async (t) => {
  const entries = parseMountinfo(await readFile('/proc/self/mountinfo', 'utf8'));
  t.true(entries.some(({ target, fstype }) => target === '/' && fstype !== ''));
});

/** What the kernel's seq_escape() does with " \t\n\\" (fs/proc_namespace.c). */
const mangle = (text: string): string =>
  text.replaceAll(/[ \t\n\\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);

test('any path survives being written by the kernel and read back', (t) => {
  const path = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(path, (target) => {
      const [entry] = parseMountinfo(`1 2 0:3 / ${mangle(target)} rw - tmpfs none rw\n`);
      return entry?.target === target;
    }),
  );
  t.pass();
});
