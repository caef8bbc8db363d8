/** What C has to know of src/shared/helper-protocol.ts, and of the compiled script, as header files. */
import { boardPaths, bootVerbs, helperFailure, privateWordPrefix } from '../shared/helper-protocol.ts';

export function protocolHeader(): string {
  const words = {
    OVERLAY_INIT: boardPaths.overlayInit,
    RELEASES: boardPaths.releases,
    FAILURE_REASON_WORD: helperFailure.reason,
    FAILURE_RUNG_WORD: helperFailure.rung,
    PRIVATE_WORD_PREFIX: privateWordPrefix,
  };
  // JSON's quoting is C's for the plain characters that these have.
  const lines = Object.entries(words).map(([name, value]) => `#define ${name} ${JSON.stringify(value)}\n`);
  const verbs = bootVerbs.map((verb) => JSON.stringify(verb)).join(', ');
  return `${lines.join('')}#define BOOT_VERBS ${verbs}\n`;
}

/** The scripts of the program: what overlay_init waits for, and what a running board is asked. */
export interface Scripts {
  readonly boot: string;
  readonly board: string;
}

/** C names of the compiled scripts, as qjsc gets them. */
export const scriptSymbols: Scripts = { boot: 'boot_script', board: 'board_script' };

export function scriptHeader(): string {
  const lines = Object.values(scriptSymbols).map(
    (symbol) => `extern const uint32_t ${symbol}_size;\nextern const uint8_t ${symbol}[];\n`,
  );
  return `#include <stdint.h>\n${lines.join('')}`;
}
