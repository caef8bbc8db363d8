/** Recordings show what was on the terminal, when it was. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/system/package-root.ts';
import { animate } from '../support/recording/animate.ts';
import { chunksOf, replay } from '../support/recording/screen.ts';

const plain = (text: string) => [{ text, bold: false }];

test('a line that is written over has a version for each time', (t) => {
  const recording = replay([
    { at: 1, text: 'run' },
    { at: 2, text: '\r\x1b[K\x1b[1mdone\x1b[22m ok\r\n' },
    { at: 3, text: 'next\r\nabc\rX\n' },
  ]);
  t.deepEqual(recording, [
    [
      { at: 1, pieces: plain('run') },
      { at: 2, pieces: [{ text: 'done', bold: true }, ...plain(' ok')] },
    ],
    [{ at: 3, pieces: plain('next') }],
    [{ at: 3, pieces: plain('Xbc') }],
  ]);
});

test('what a recording does not understand is refused', (t) => {
  t.throws(() => replay([{ at: 0, text: 'a\x1b[2J' }]), { message: /unknown to a recording/ });
  t.throws(() => replay([{ at: 0, text: '\x07' }]), { message: /unknown to a recording/ });
});

test('the timing of script names bytes, and a character may be split', (t) => {
  const output = new TextEncoder().encode('‣ a');
  t.deepEqual(chunksOf(output, '0.5 1\n0.25 4\n'), [
    { at: 0.5, text: '' },
    { at: 0.75, text: '‣ a' },
  ]);
});

test('a recording plays once it can, and else shows its end', (t) => {
  const recording = replay([
    { at: 0, text: '$ go\n' },
    { at: 1, text: 'run' },
    { at: 3, text: '\r\x1b[Kdone <&>\n' },
    { at: 4, text: 'last\n' },
  ]);
  const svg = animate(recording, { columns: 20, rows: 2, title: 'a "title"', rest: 6 });
  t.true(svg.includes('<title>a &quot;title&quot;</title>'));
  t.regex(svg, /<text x="18" y="47" textLength="33.7">\$ go<\/text>/);
  t.regex(svg, /class="gone a\d" textLength="25.3">run</);
  t.regex(svg, /class="a\d" textLength="67.4">done &lt;&amp;&gt;</);
  t.true(svg.includes('0%{visibility:hidden}10.00%{visibility:visible}30.00%{visibility:hidden}'));
  t.true(svg.includes('.end{transform:translateY(-17px)}'));
  t.true(svg.includes('0%{transform:translateY(0px)}40.00%{transform:translateY(-17px)}'));
  t.true(svg.includes('10.00s step-end infinite'));
});

test('the recording of the demo is one of a demo that went well, and small', async (t) => {
  const svg = await readFile(join(packageRoot(), 'docs', 'demo.svg'), 'utf8');
  t.true(svg.length < 200_000);
  t.true(svg.includes('>$ npm run demo<'));
  t.is(svg.match(/>holds, 6 of 6|holds, 6 of 6</g)?.length, 3);
  t.false(/failed</.test(svg));
  t.false(/href|@import|url\((?!#)/.test(svg));
});
