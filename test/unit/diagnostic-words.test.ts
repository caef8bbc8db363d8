import test from 'ava';
import fc from 'fast-check';
import { quoted, visible } from '../../src/diagnostics/escape.ts';
import { explain, findCode, nearestCode } from '../../src/diagnostics/explain.ts';
import { editDistance, nearest } from '../../src/diagnostics/suggest.ts';

const types = ['squashfs', 'cramfs', 'erofs', 'romfs', 'ext4'];

test('the nearest word is the one that was meant', (t) => {
  t.is(nearest('squasfs', types), 'squashfs');
  t.is(nearest('SquashFS', types), 'squashfs');
  t.is(nearest('ext3', types), 'ext4');
  t.is(nearest('swap', types), undefined);
  t.is(nearest('', types), undefined);
  t.is(nearest('x'.repeat(10_000), types), undefined);
  t.is(nearest('sotrage', ['storage', 'root']), 'storage', 'a swap counts once');
});

test('edit distance: none to itself, symmetric, bounded by the longer word', (t) => {
  const word = fc.string({ maxLength: 12 });
  t.notThrows(() =>
    fc.assert(
      fc.property(word, word, (one, other) => {
        const distance = editDistance(one, other);
        return (
          editDistance(one, one) === 0 &&
          distance === editDistance(other, one) &&
          distance <= Math.max(one.length, other.length) &&
          distance >= Math.abs(one.length - other.length) &&
          (distance === 0) === (one === other)
        );
      }),
    ),
  );
  t.is(editDistance('ab', 'ba'), 1);
  t.is(editDistance('kitten', 'sitting'), 3);
});

test('visible text is on one line and keeps what can be shown', (t) => {
  t.is(visible('a\tb\nc\rd'), 'a\\tb\\nc\\rd');
  t.is(visible('\x1b[31m'), '\\x1b[31m');
  t.is(visible('größe 漢字 😀'), 'größe 漢字 😀');
  t.is(visible('\ud800'), '\\u{d800}');
  t.is(visible('\u200b\u2028\ufeff'), '\\u{200b}\\u{2028}\\u{feff}');
});

test('a quoted value is short enough for a sentence', (t) => {
  t.is(quoted('a"b'), '"a"b"');
  t.is(quoted('x'.repeat(61)), `"${'x'.repeat(59)}…"`);
  t.is(quoted('x'.repeat(60)), `"${'x'.repeat(60)}"`);
});

test('a code is found as people type it', (t) => {
  t.is(findCode('OVL112'), 'OVL112');
  t.is(findCode('ovl112'), 'OVL112');
  t.is(findCode('112'), 'OVL112');
  t.is(findCode('OVL000'), undefined);
  t.is(findCode('constructor'), undefined);
  t.is(nearestCode('OVL1122'), 'OVL112');
});

test('an explanation begins with the code and its title', (t) => {
  t.regex(explain('OVL126'), /^OVL126: the storage is too small for JFFS2\n\n.*\n/);
  t.true(explain('OVL126').endsWith('\n'));
});
