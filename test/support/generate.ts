/**
 * The files of the project that are generated. `npm run generate` writes them; test/architecture/generated.test.ts fails
 * when one is stale. A new one is a new row.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { boardJsonSchema } from '../../src/board/json-schema.ts';
import { boardReference } from '../../src/board/reference.ts';
import { commands } from '../../src/cli/commands.ts';
import { cliReference } from '../../src/cli/reference/cli.ts';
import { codesReference } from '../../src/cli/reference/codes.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { planSvg } from '../../src/render/svg.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';

export interface Generated {
  /** Path inside the project, with "/". */
  readonly path: string;
  readonly content: () => string | Promise<string>;
}

export const generated: readonly Generated[] = [
  {
    path: 'board-configs/board.schema.json',
    content: () => `${JSON.stringify(boardJsonSchema(), null, 2)}\n`,
  },
  { path: 'docs/reference/board.md', content: boardReference },
  { path: 'docs/reference/cli.md', content: () => cliReference(commands) },
  { path: 'docs/reference/codes.md', content: codesReference },
  { path: 'docs/plan.svg', content: exampleDiagram },
];

/** The diagram that the guides show. */
async function exampleDiagram(): Promise<string> {
  const board = join(import.meta.dirname, '../../board-configs/lab-jffs2.yaml');
  return planSvg(unwrap(await prepareBoard(board)).plan);
}

export const projectRoot = join(import.meta.dirname, '../..');

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const { path, content } of generated) {
    const file = join(projectRoot, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await content());
    console.log(path);
  }
}
