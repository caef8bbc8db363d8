/** What C has to know of src/shared/helper-protocol.ts, and of the compiled scripts, as header files. */
import { createHash } from 'node:crypto';
import {
  boardPaths,
  bootVerbs,
  bootWord,
  helperFailure,
  laterWord,
  privateWordPrefix,
  verbsSuffix,
} from '../shared/helper-protocol.ts';
import { verbExit } from '../shared/verb-exit.ts';

export function protocolHeader(): string {
  const words = {
    OVERLAY_INIT: boardPaths.overlayInit,
    RELEASES: boardPaths.releases,
    FAILURE_REASON_WORD: helperFailure.reason,
    FAILURE_RUNG_WORD: helperFailure.rung,
    PRIVATE_WORD_PREFIX: privateWordPrefix,
    VERBS_SUFFIX: verbsSuffix,
    BOOT_WORD: bootWord,
    LATER_WORD: laterWord,
  };
  // JSON's quoting is C's for the plain characters that these have.
  const lines = Object.entries(words).map(([name, value]) => `#define ${name} ${JSON.stringify(value)}\n`);
  const verbs = bootVerbs.map((verb) => JSON.stringify(verb)).join(', ');
  return `${lines.join('')}#define BOOT_VERBS ${verbs}\n#define EXIT_INCOMPLETE ${verbExit.incomplete}\n`;
}

/** The scripts: what overlay_init waits for, in the program, and what a running board is asked, in a file beside it. */
export interface Scripts {
  readonly boot: string;
  readonly board: string;
}

/** C name of the compiled script that is part of the program, as qjsc gets it. */
export const bootSymbol = 'boot_script';

/** The header with both: the boot's script by name; of the verbs the size, and the digest byte by byte, which no byte order can turn round. */
export function scriptHeader(verbs: Uint8Array): string {
  const digest = [...createHash('sha256').update(verbs).digest()].join(', ');
  return `#include <stdint.h>
extern const uint32_t ${bootSymbol}_size;
extern const uint8_t ${bootSymbol}[];
#define VERBS_SIZE ${verbs.length}
#define VERBS_SHA256 ${digest}
`;
}
