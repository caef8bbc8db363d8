/**
 * overlay_helper: what runs on the board beside overlay_init. Bundled, compiled to bytecode and linked with the script
 * engine and native/ (src/toolchain).
 *
 * In: its words, plan.json, the mounts. Out: an exit code, or init. Imports `shared` and its own port; no `node:`, and
 * none of the language's parts that the linked engine lacks (builtins.d.ts lists those it has).
 */
import { boardVerb, runBoardVerb } from './board-verbs.ts';
import { callWords, kernel, setExitCode } from './kernel.ts';
import { run } from './verbs.ts';

/** Put in by the build: the package's version and the engine's. */
declare const HELPER_VERSION: string;

const words = callWords.slice(1);
const verb = boardVerb(words[0]);
setExitCode(
  verb === undefined ? run(kernel, words, HELPER_VERSION) : runBoardVerb(kernel, verb, words.slice(1)),
);
