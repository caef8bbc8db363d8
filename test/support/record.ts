/**
 * `npm run record`: runs the demo in a terminal, writes docs/demo.svg from what it really said and when, and docs/layers.svg,
 * its picture.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/system/package-root.ts';
import { runTool } from '../../src/system/process.ts';
import { animate } from './recording/animate.ts';
import { chunksOf, replay } from './recording/screen.ts';

const [columns, rows] = [80, 36];

const folder = await mkdtemp(join(tmpdir(), 'ovl-record-'));
try {
  const [output, timing] = [join(folder, 'output'), join(folder, 'timing')];
  const session = `stty cols ${columns} rows ${rows}; echo '$ npm run demo'; npm run demo -- --svg docs/layers.svg`;
  await runTool(
    'script',
    ['--quiet', '--return', '--log-out', output, '--log-timing', timing, '--command', session],
    {
      cwd: packageRoot(),
      // npm's own lines name the script that it runs, which is not what the demo is about.
      env: { npm_config_loglevel: 'silent', TERM: 'xterm-256color', FORCE_COLOR: '1' },
    },
  );
  // script writes a line of its own before and after.
  const said = await readFile(output);
  const start = said.indexOf(0x0a) + 1;
  const recording = replay(chunksOf(said.subarray(start), await readFile(timing, 'utf8')));
  const title =
    'npm run demo: a read-only root becomes writable, keeps a file over a power cut, and is reset';
  await writeFile(
    join(packageRoot(), 'docs', 'demo.svg'),
    animate(recording, { columns, rows, title, rest: 12 }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
