/** Which module of src/ imports what: types too, which no bundler shows. */
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

export interface Module {
  /** Relative to the project's folder: src/board/schema.ts. */
  readonly path: string;
  readonly code: string;
  /** Modules of ours as paths like the above, packages and node: modules as they are written. */
  readonly imports: readonly string[];
}

export async function readModules(paths: readonly string[]): Promise<readonly Module[]> {
  return Promise.all(paths.map(async (path) => parseModule(path, await readFile(path, 'utf8'))));
}

/** The forms in which one module names another; the formatter keeps them to single quotes. */
const forms = [
  /^(?:import|export)\b[^;'"]*?\bfrom\s+'([^']+)'/gms,
  /^import\s+'([^']+)'/gm,
  /\bimport\(\s*'([^']+)'/g,
] as const;

export function parseModule(path: string, code: string): Module {
  const named = forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1] ?? ''));
  const imports = named.map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name));
  return { path, code, imports: [...new Set(imports)] };
}
