/** `ovl schema`: the JSON Schema of board files, for editors. */
import { boardJsonSchema } from '../../board/json-schema.ts';
import type { CommandBody } from '../command.ts';

export const schema: CommandBody = {
  examples: [
    { line: 'ovl schema > board.schema.json', what: 'where an editor finds it' },
    {
      line: '# yaml-language-server: $schema=./board.schema.json',
      what: 'first line of a board file beside it, for editors with the YAML language server',
    },
  ],
  arguments: [],
  options: [],
  exits: [],
  run: async () => {
    const value = boardJsonSchema();
    return { text: `${JSON.stringify(value, null, 2)}\n`, data: { jsonSchema: value }, diagnostics: [] };
  },
};
