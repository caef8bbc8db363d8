import test from 'ava';
import fc from 'fast-check';
import type { Diagnostic, Place } from '../../src/diagnostics/diagnostic.ts';
import { diagnosticJson, formatDiagnostics, reporters, summaryLine } from '../../src/diagnostics/format.ts';
import { codeFrame } from '../../src/diagnostics/frame.ts';
import { placesIn } from '../../src/diagnostics/place.ts';

function at(line: number, column: number, endColumn: number, endLine = line): Place {
  return { file: 'board.yaml', line, column, endLine, endColumn };
}

const squasfs: Diagnostic = {
  code: 'OVL112',
  severity: 'error',
  message: '"squasfs" is not a root filesystem',
  place: { ...at(14, 9, 16), file: 'board-configs/ar150.yaml' },
  because: 'root.type names the kernel driver mounted at /; known: squashfs, cramfs, erofs, ...',
  fix: 'squashfs            (did you mean this?)',
};

const ar150 = `${'\n'.repeat(12)}root:\n  type: squasfs\n`;

test('the human form is that of DESIGN.md section 5', (t) => {
  t.is(
    formatDiagnostics([squasfs], 'human', { source: () => ar150 }),
    `board-configs/ar150.yaml:14:9: error[OVL112]: "squasfs" is not a root filesystem
   13 │ root:
   14 │   type: squasfs
      │         ^^^^^^^
   because  root.type names the kernel driver mounted at /; known: squashfs, cramfs, erofs, ...
   fix      squashfs            (did you mean this?)
   more     ovl explain OVL112
`,
  );
});

test('without a place or a source there is no frame, and the state of the board is said', (t) => {
  const { place: _, ...nowhere } = squasfs;
  t.is(
    formatDiagnostics([{ ...nowhere, severity: 'warning', boardState: 'unchanged' }]),
    `warning[OVL112]: "squasfs" is not a root filesystem
   because  root.type names the kernel driver mounted at /; known: squashfs, cramfs, erofs, ...
   fix      squashfs            (did you mean this?)
   board    nothing was changed on it
   more     ovl explain OVL112
`,
  );
  t.notRegex(formatDiagnostics([squasfs], 'human', { source: () => undefined }), /│/);
});

test('every state of the board has a sentence of its own', (t) => {
  const sentences = (['unchanged', 'rolled back', 'unknown'] as const).map(
    (boardState) => /board {4}(.*)/.exec(formatDiagnostics([{ ...squasfs, boardState }]))?.[1],
  );
  t.is(new Set(sentences).size, 3);
  t.false(sentences.includes(undefined));
});

test('several diagnostics are apart by one empty line; none give nothing', (t) => {
  t.is(formatDiagnostics([squasfs, squasfs]).split('\n\n').length, 2);
  for (const reporter of reporters) t.is(formatDiagnostics([], reporter), '');
});

test('a reason is wrapped, a fix to copy is not', (t) => {
  const long = 'word '.repeat(40).trim();
  const lines = formatDiagnostics([{ ...squasfs, because: long, fix: long }]).split('\n');
  const fix = lines.filter((line) => line.startsWith('   fix'));
  t.deepEqual(fix, [`   fix      ${long}`]);
  t.true(lines.filter((line) => !fix.includes(line)).every((line) => line.length <= 100));
  t.is(lines.join(' ').split('word').length, 81, 'nothing is lost');
});

test('a fix of several lines stays in its column', (t) => {
  t.regex(
    formatDiagnostics([{ ...squasfs, fix: 'storage:\n  type: ext4' }]),
    /\n {3}fix {6}storage:\n {12} {2}type: ext4\n/,
  );
});

test('colour paints the word of severity and nothing else', (t) => {
  const painted = formatDiagnostics([squasfs], 'human', {
    colour: (severity, text) => `<${severity}|${text}>`,
  });
  t.is(painted.replace('<error|error>', 'error'), formatDiagnostics([squasfs]));
});

test('gcc form: one line', (t) => {
  t.is(
    formatDiagnostics([squasfs], 'gcc'),
    'board-configs/ar150.yaml:14:9: error: "squasfs" is not a root filesystem [OVL112]\n',
  );
});

test('github form: a workflow command with its separators escaped', (t) => {
  const tricky: Diagnostic = {
    ...squasfs,
    severity: 'note',
    message: '50%: a,b',
    because: 'one\ntwo',
    place: { ...at(1, 2, 3), file: 'a:b,c%d.yaml' },
  };
  t.is(
    formatDiagnostics([tricky], 'github'),
    '::notice file=a%3Ab%2Cc%25d.yaml,line=1,endLine=1,col=2,endColumn=3,title=OVL112::' +
      '50%25: a,b%0Aone%0Atwo%0Afix: squashfs            (did you mean this?)\n',
  );
});

test('the JSON value has every field that is there, and no other', (t) => {
  t.deepEqual(diagnosticJson(squasfs), { ...squasfs });
  t.deepEqual(Object.keys(diagnosticJson(squasfs)), [
    'code',
    'severity',
    'message',
    'place',
    'because',
    'fix',
  ]);
});

test('the summary counts errors and warnings, one of them is singular, notes are not counted', (t) => {
  const warning: Diagnostic = { ...squasfs, severity: 'warning' };
  const note: Diagnostic = { ...squasfs, severity: 'note' };
  t.is(summaryLine([squasfs, squasfs], 'a.yaml'), '2 errors, 0 warnings in a.yaml');
  t.is(summaryLine([squasfs, warning, note], 'a.yaml'), '1 error, 1 warning in a.yaml');
});

test('tabs are widened, and the carets with them', (t) => {
  t.deepEqual(codeFrame('a\tb: x', at(1, 3, 4)), ['   1 │ a   b: x', '     │     ^']);
  t.deepEqual(codeFrame('\tb', at(1, 1, 2)), ['   1 │     b', '     │ ^^^^']);
});

test('CR LF leaves no trace', (t) => {
  t.deepEqual(codeFrame('a: 1\r\nb: 2\r\n', at(2, 4, 5)), ['   1 │ a: 1', '   2 │ b: 2', '     │    ^']);
  t.deepEqual(codeFrame('a: 1\r\n', at(1, 5, 6)), ['   1 │ a: 1', '     │     ^'], 'not even under the CR');
});

test('wide and combining characters take the columns that a terminal gives them', (t) => {
  t.deepEqual(codeFrame('漢字: x', at(1, 5, 6)), ['   1 │ 漢字: x', '     │       ^']);
  t.deepEqual(codeFrame('e\u0301: x', at(1, 5, 6)), ['   1 │ e\u0301: x', '     │    ^']);
  t.deepEqual(codeFrame('"😀" x', at(1, 6, 7)), ['   1 │ "😀" x', '     │      ^']);
});

test('a span over several lines is marked to the end of its first', (t) => {
  t.deepEqual(codeFrame('a: [1,\n  2]\n', at(1, 4, 4, 2)), ['   1 │ a: [1,', '     │    ^^^']);
});

test('an empty span has one caret, also behind the end of the last line', (t) => {
  t.deepEqual(codeFrame('', at(1, 1, 1)), ['   1 │', '     │ ^']);
  t.deepEqual(codeFrame('ab', at(1, 3, 3)), ['   1 │ ab', '     │   ^']);
  t.deepEqual(codeFrame('ab', at(9, 1, 2)), [], 'a line that is not there');
});

test('a wide line is cut around the carets', (t) => {
  const line = `${'a'.repeat(200)}HERE${'b'.repeat(200)}`;
  const [shown = '', carets = ''] = codeFrame(line, at(1, 201, 205));
  t.is(shown.length, 80);
  t.regex(shown, /^ {3}1 │ …a+HEREb+…$/);
  t.is(shown.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), 'HERE');
});

test('a wide line whose span comes early is cut at its end only', (t) => {
  const [shown = ''] = codeFrame(`type: ${'x'.repeat(200)}`, at(1, 7, 207));
  t.is(shown.length, 80);
  t.regex(shown, /^ {3}1 │ type: x+…$/);
});

test('control characters, overrides and escape sequences are written out, in text and in frames', (t) => {
  const evil = '\x1b]0;owned\x07\u202egnp.\x9b2J';
  const all = formatDiagnostics(
    [{ ...squasfs, message: evil, because: evil, fix: evil, place: { ...at(1, 1, 5), file: evil } }],
    'human',
    { source: () => `${evil}\n` },
  );
  t.notRegex(all.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  t.regex(all, /\\x1b\]0;owned\\x07\\u\{202e\}gnp\.\\x9b2J/);
});

const anyPlace = fc
  .record({
    line: fc.integer({ min: 1, max: 5 }),
    column: fc.nat(300),
    length: fc.nat(300),
    lines: fc.nat(2),
  })
  .map(({ line, column, length, lines }) => at(line, column + 1, column + 1 + length, line + lines));

test('whatever the text and the place: no line is wider than a terminal, and nothing acts on it', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), anyPlace, (text, place) => {
        const frame = codeFrame(text, place);
        return frame.every(
          (line) => columns(line) <= 81 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(line),
        );
      }),
      { numRuns: 1000 },
    ),
  );
});

/** Columns of a line, counted the plain way: two for what is wide, none for what combines. */
function columns(line: string): number {
  return [...line].reduce(
    (sum, character) =>
      sum +
      (/\p{M}/u.test(character)
        ? 0
        : /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u.test(
              character,
            )
          ? 2
          : 1),
    0,
  );
}

test('whatever the line: the first caret stands under the character that is meant', (t) => {
  const word = fc.string({ unit: fc.constantFrom(...'abcdefgh: {}[]'), minLength: 1, maxLength: 400 });
  t.notThrows(() =>
    fc.assert(
      fc.property(word, fc.nat(), fc.nat(50), (line, where, length) => {
        const column = where % line.length;
        const frame = codeFrame(line, at(1, column + 1, column + 1 + length));
        const [shown = '', carets = ''] = frame;
        const meant = line[column] ?? '';
        const under = shown[carets.indexOf('^')] ?? ' ';
        return under === meant;
      }),
      { numRuns: 1000 },
    ),
  );
});

test('places: offsets are lines and columns from 1, and back', (t) => {
  const text = 'ab\ncd\n\ne';
  const place = placesIn('f', text);
  t.deepEqual(place(0, 2), { file: 'f', line: 1, column: 1, endLine: 1, endColumn: 3 });
  t.deepEqual(place(3, 5), { file: 'f', line: 2, column: 1, endLine: 2, endColumn: 3 });
  t.deepEqual(place(7, 99), { file: 'f', line: 4, column: 1, endLine: 4, endColumn: 2 });
  t.deepEqual(place(5, 2), { file: 'f', line: 2, column: 3, endLine: 2, endColumn: 3 }, 'never backwards');
  for (let offset = 0; offset <= text.length; offset++) {
    const { line, column } = place(offset, offset);
    const before = text.split('\n').slice(0, line - 1);
    t.is(before.join('\n').length + (line > 1 ? 1 : 0) + column - 1, offset);
  }
});
