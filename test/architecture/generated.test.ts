import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { generated, projectRoot } from '../support/generate.ts';

for (const { path, content } of generated) {
  test(`${path} is what its source generates`, async (t) => {
    const text = readFileSync(join(projectRoot, path), 'utf8');
    t.is(text, await content(), 'run npm run generate');
  });
}
