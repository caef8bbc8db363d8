/** The board file's JSON Schema (draft 7), for editors and for whatever else wants to read board files. */
import * as z from 'zod';
import { boardSchema } from './schema.ts';
import { size } from './values.ts';

/** The parts of JSON Schema that the board file's own uses. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** A fresh copy of the schema, generated from boardSchema. */
export function boardJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(boardSchema, {
    target: 'draft-7',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (isSize(zodSchema)) allowHexadecimal(jsonSchema);
      // zod leaves the examples of transformed values out, since they might be examples of the result. Ours never are.
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
  return { title: 'overlaykit board file', ...(schema as JsonSchema) };
}

function isSize(schema: unknown): boolean {
  return schema === size._zod.def.in;
}

/** Editors see 0x360000 as the number it stands for. The decoder, which sees the characters, refuses other numbers. */
function allowHexadecimal(json: { type?: unknown; pattern?: unknown; anyOf?: unknown }): void {
  json.anyOf = [
    { type: 'string', pattern: json.pattern },
    { type: 'integer', minimum: 1, description: 'Bytes, written in hexadecimal: 0x360000.' },
  ];
  delete json.type;
  delete json.pattern;
}
