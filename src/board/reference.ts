/** The reference of the board file as a page of Markdown, from the same table that decodes it. */
import { pathText } from './field.ts';
import { boardJsonSchema, type JsonSchema } from './json-schema.ts';

/** docs/reference/board.md. */
export function boardReference(): string {
  const schema = boardJsonSchema();
  return [
    '# The board file',
    '',
    '<!-- Generated from src/board/schema.ts by `npm run generate`. Do not edit. -->',
    '',
    'One YAML file says what a board has. It is plain YAML: no anchors, aliases, tags or merge keys. Unknown keys are errors.',
    'Sizes and times carry a unit: `64KiB`, `3.4MiB`, `16M` (binary, as the kernel reads them), `0x360000`; `500ms`, `5s`, `2min`.',
    'Editors complete and check it when the first line is `# yaml-language-server: $schema=./board.schema.json`.',
    '`ovl explain KEY` shows one key; `ovl check FILE` checks a file.',
    '',
    ...section([], schema),
    ...sections([], schema),
  ].join('\n');
}

/** The table of one mapping, and then those of the mappings inside it. */
function sections(path: readonly string[], schema: JsonSchema): readonly string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const inner = mappingOf(field);
    if (inner === undefined) return [];
    const innerPath = [...path, field.items === undefined ? key : `${key}[]`];
    return [
      `## ${pathText(innerPath)}`,
      '',
      ...(field.description === undefined ? [] : [field.description, '']),
      ...section(innerPath, inner),
      ...sections(innerPath, inner),
    ];
  });
}

function mappingOf(field: JsonSchema): JsonSchema | undefined {
  const candidate = field.items ?? field;
  return candidate.properties === undefined ? undefined : candidate;
}

function section(path: readonly string[], schema: JsonSchema): readonly string[] {
  const required = schema.required ?? [];
  return [
    '| key | value | default | meaning |',
    '|---|---|---|---|',
    ...Object.entries(schema.properties ?? {}).map(
      ([key, field]) =>
        `| ${keyCell(path, key, field)} | ${cell(valueText(field))} | ${defaultText(field, required.includes(key))} | ${cell(field.description ?? '')}${examples(field)} |`,
    ),
    '',
  ];
}

function keyCell(path: readonly string[], key: string, field: JsonSchema): string {
  if (mappingOf(field) === undefined) return `\`${key}\``;
  const heading = pathText([...path, field.items === undefined ? key : `${key}[]`]);
  // As GitHub makes anchors of headings: lower case, without punctuation.
  return `[\`${key}\`](#${heading.toLowerCase().replace(/[^a-z0-9_-]/g, '')})`;
}

function valueText(field: JsonSchema): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum !== undefined) return field.enum.map((one) => `\`${one}\``).join(', ');
  if (field.anyOf !== undefined) return 'size';
  if (field.items !== undefined) return `list of ${plural(valueText(field.items))}`;
  if (field.properties !== undefined) return 'mapping';
  if (typeof field.additionalProperties === 'object') return 'mapping of text to text';
  if (field.type === 'integer') return `whole number, ${field.minimum ?? ''} to ${field.maximum ?? ''}`;
  if (field.type === 'boolean') return '`true` or `false`';
  return 'text';
}

function plural(value: string): string {
  return value === 'mapping' ? 'mappings' : value === 'text' ? 'texts' : value;
}

function defaultText(field: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  if (field.default === undefined || isEmpty(field.default)) return '';
  return cell(`\`${typeof field.default === 'string' ? field.default : JSON.stringify(field.default)}\``);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function examples(field: JsonSchema): string {
  const list = (field.examples ?? []).map(
    (one) => `\`${typeof one === 'string' ? one : JSON.stringify(one)}\``,
  );
  return list.length === 0 ? '' : cell(` For example ${list.join(' or ')}.`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
