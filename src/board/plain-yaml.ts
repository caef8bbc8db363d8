/**
 * Plain YAML: one document of mappings, lists and scalars, nothing else. Anchors, aliases, tags, merge keys and directives
 * are refused outright: a board file has no use for them, and they are how a few bytes become gigabytes or another type.
 *
 * In: the text of a file. Out: plain values, and for every one of them the place it came from.
 */
import { Composer, isMap, isScalar, isSeq, type Node, type Pair, Parser } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts';
import { type Placer, placesIn } from '../diagnostics/place.ts';
import { inspectSyntax } from './syntax.ts';
import {
  duplicateKey,
  emptyFile,
  keyIsNoWord,
  mergeKey,
  prototypeKey,
  secondDocument,
  syntaxError,
} from './yaml-problem.ts';

export type Path = readonly (string | number)[];

/** Where a value stands, and how it was written. */
export interface Entry {
  /** The value; for a mapping or a list, the whole of it. */
  readonly value: Place;
  /** The key, for the values of a mapping. */
  readonly key?: Place;
  readonly kind: 'mapping' | 'list' | 'scalar' | 'refused';
  /** The characters of a scalar without quotes, such as 5.10; undefined for all else. */
  readonly plain?: string;
}

export interface PlainYaml {
  /** Mappings have no prototype, so that no key of a file can reach Object's own. */
  readonly value: unknown;
  entry(path: Path): Entry | undefined;
  /** The place a reader looks at for this path: a scalar's value, else the key, else what is nearest above. */
  where(path: Path): Place;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads plain YAML. `undefined` where the syntax leaves nothing to read a board from. Never throws. */
export function readPlainYaml(
  file: string,
  text: string,
): { readonly yaml?: PlainYaml; readonly diagnostics: readonly Diagnostic[] } {
  const place = placesIn(file, text);
  const tokens = [...new Parser().parse(text)];
  const inspected = inspectSyntax(tokens, place);
  if (inspected.tooDeep) return { diagnostics: inspected.diagnostics };

  const documents = [
    ...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(tokens, true, text.length),
  ];
  const broken = documents.flatMap((document) =>
    document.errors.map((error) => syntaxError(error, place, inspected.quotes)),
  );
  if (broken.length > 0) return { diagnostics: [...inspected.diagnostics, ...broken] };

  const [document, second] = documents;
  if (document === undefined || (document.contents === null && second === undefined))
    return { diagnostics: [...inspected.diagnostics, emptyFile(place(0, 0))] };
  if (second !== undefined)
    return {
      diagnostics: [
        ...inspected.diagnostics,
        secondDocument(place(second.range?.[0] ?? 0, (second.range?.[0] ?? 0) + 1)),
      ],
    };

  const yaml = readNodes(document.contents, place);
  return { yaml, diagnostics: [...inspected.diagnostics, ...yaml.diagnostics] };
}

/** One walk over the nodes, which gathers values, places and problems together. Depth is bounded by inspectSyntax. */
function readNodes(contents: Node | null, place: Placer): PlainYaml {
  const entries = new Map<string, Entry>();
  const diagnostics: Diagnostic[] = [];

  const readNode = (node: unknown, path: Path, key: Place | undefined): unknown => {
    const range = (node as Node | null)?.range ?? undefined;
    const value = range === undefined ? (key ?? place(0, 0)) : place(range[0], range[1]);
    const enter = (kind: Entry['kind'], plain?: string) =>
      entries.set(JSON.stringify(path), {
        value,
        kind,
        ...(key === undefined ? {} : { key }),
        ...(plain === undefined ? {} : { plain }),
      });

    if (isMap(node)) {
      enter('mapping');
      return readMapping(node.items, path);
    }
    if (isSeq(node)) {
      enter('list');
      return node.items.map((item, index) => readNode(item, [...path, index], undefined));
    }
    if (isScalar(node)) {
      const plain = node.type === 'PLAIN' ? node.source : undefined;
      enter('scalar', plain);
      // Sizes may be hexadecimal, and are text: 0x10000 stays as it is written.
      return node.format === 'HEX' ? plain : node.value;
    }
    enter(node === null ? 'scalar' : 'refused');
    return node === null ? null : undefined;
  };

  const readMapping = (pairs: readonly Pair[], path: Path): Record<string, unknown> => {
    const result: Record<string, unknown> = Object.create(null);
    const seen = new Map<string, Place>();
    for (const pair of pairs) {
      const key = pair.key as Node | null;
      const keyPlace = place(key?.range?.[0] ?? 0, key?.range?.[1] ?? 0);
      const name = isScalar(key) ? key.value : undefined;
      const earlier = typeof name === 'string' ? seen.get(name) : undefined;
      if (typeof name !== 'string') diagnostics.push(keyIsNoWord(keyPlace));
      else if (name === '<<') diagnostics.push(mergeKey(keyPlace));
      // zod passes over this name in open mappings; it must not pass in silence.
      else if (name === '__proto__') diagnostics.push(prototypeKey(keyPlace));
      else if (earlier !== undefined) diagnostics.push(duplicateKey(name, keyPlace, earlier));
      else {
        seen.set(name, keyPlace);
        result[name] = readNode(pair.value, [...path, name], keyPlace);
      }
    }
    return result;
  };

  const value = readNode(contents, [], undefined);
  const entry = (path: Path) => entries.get(JSON.stringify(path));
  return { value, entry, where: (path) => placeFor(path, entry), diagnostics };
}

function placeFor(path: Path, entry: (path: Path) => Entry | undefined): Place {
  const found = entry(path);
  if (found?.kind === 'scalar' && !isEmpty(found.value)) return found.value;
  if (found?.key !== undefined) return found.key;
  if (found !== undefined) return isEmpty(found.value) ? found.value : firstLine(found.value);
  return placeFor(path.slice(0, -1), entry);
}

function isEmpty(place: Place): boolean {
  return place.line === place.endLine && place.column === place.endColumn;
}

/** A mapping or list without a key of its own is shown by its first character, not by all its lines. */
function firstLine(place: Place): Place {
  return { ...place, endLine: place.line, endColumn: place.column + 1 };
}
