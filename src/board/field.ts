/** What the vocabulary says about one place in a board file. */
import { boardJsonSchema, type JsonSchema } from './json-schema.ts';
import type { Path } from './plain-yaml.ts';
import { durationPattern } from './units.ts';

let vocabulary: JsonSchema | undefined;

/** The schema of the field at a path, or undefined where the vocabulary has none. */
export function fieldAt(path: Path): JsonSchema | undefined {
  vocabulary ??= boardJsonSchema();
  let field: JsonSchema | undefined = vocabulary;
  for (const part of path) field = field && childOf(field, part);
  return field;
}

function childOf(field: JsonSchema, part: string | number): JsonSchema | undefined {
  if (typeof part === 'number') return field.items;
  if (field.properties !== undefined && Object.hasOwn(field.properties, part)) return field.properties[part];
  return typeof field.additionalProperties === 'object' ? field.additionalProperties : undefined;
}

/** The keys that a mapping at this path may have. */
export function keysAt(path: Path): readonly string[] {
  return Object.keys(fieldAt(path)?.properties ?? {});
}

/** All paths outside lists whose last part is this key: where somebody who wrote it elsewhere may have meant it. */
export function pathsOf(key: string): readonly (readonly string[])[] {
  const found: (readonly string[])[] = [];
  const search = (path: readonly string[]) => {
    for (const child of keysAt(path)) {
      if (child === key) found.push([...path, child]);
      search([...path, child]);
    }
  };
  search([]);
  return found;
}

export function isSizeField(field: JsonSchema | undefined): boolean {
  return field?.anyOf?.some((form) => form.type === 'integer') ?? false;
}

export function isTimeField(field: JsonSchema | undefined): boolean {
  return field?.pattern === durationPattern.source;
}

/** "storage.find.mtd" or "layers[0].type"; "" for the whole file. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}
