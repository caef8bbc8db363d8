/** Facts that were recorded in a file by `ovl probe`: as a file of their own, or within the document of --json. */
import * as z from 'zod';
import { failure, type Result, success } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { type Facts, factsSchema, factsSchemaName } from './facts.ts';

/** Bytes; a probe has less than a tenth of it. */
export const factsLimit = 4 * 1024 ** 2;

const document = z.union([factsSchema, z.object({ facts: factsSchema }).transform(({ facts }) => facts)]);

/** Reads recorded facts. A file from elsewhere is as hostile as a board: anything else than facts is refused. */
export function readRecordedFacts(file: string, bytes: Uint8Array): Result<Facts> {
  const json = jsonOf(bytes);
  const parsed = document.safeParse(json);
  if (parsed.success) return success(parsed.data);
  return failure({
    code: 'OVL390',
    severity: 'error',
    message: `${visible(file)} holds no facts of a board`,
    because: json === undefined ? 'it is no JSON' : `it is not of the schema ${factsSchemaName}`,
    fix: `ovl probe HOST -o ${visible(file)}`,
  });
}

/** The text of a file of facts. */
export function formatFacts(facts: Facts): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
