/** What C has to know of src/shared/helper-protocol.ts, and of the compiled script, as header files. */
import { boardPaths, helperFailure, privateWordPrefix } from '../shared/helper-protocol.ts';

export function protocolHeader(): string {
  const words = {
    OVERLAY_INIT: boardPaths.overlayInit,
    FAILURE_REASON_WORD: helperFailure.reason,
    FAILURE_RUNG_WORD: helperFailure.rung,
    PRIVATE_WORD_PREFIX: privateWordPrefix,
  };
  // JSON's quoting is C's for the plain characters that these have.
  return Object.entries(words)
    .map(([name, value]) => `#define ${name} ${JSON.stringify(value)}\n`)
    .join('');
}

/** C name of the compiled script, as qjsc gets it. */
export const scriptSymbol = 'helper_script';

export function scriptHeader(): string {
  return `#include <stdint.h>\nextern const uint32_t ${scriptSymbol}_size;\nextern const uint8_t ${scriptSymbol}[];\n`;
}
