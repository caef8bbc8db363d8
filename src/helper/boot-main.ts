/**
 * overlay_helper while the board boots: what overlay_init waits for. Bundled, compiled to bytecode and linked with the script
 * engine and native/ (src/toolchain); the verbs of the running board are a file of their own, board-main.ts.
 *
 * In: its words, plan.json, the mounts. Out: an exit code, or init. Imports `shared` and its own port; no `node:`, and
 * none of the language's parts that the linked engine lacks (builtins.d.ts lists those it has).
 */

import { run, runBoot, sayVersion } from './boot-verbs.ts';
import { callWords, exit, kernel } from './kernel.ts';

/** Put in by the build: the package's version and the engine's. */
declare const HELPER_VERSION: string;

const words = callWords.slice(1);
const [verb] = words;
if (verb === 'version') exit(sayVersion(kernel, words, HELPER_VERSION));
else exit(verb === 'boot' ? runBoot(kernel, words) : run(kernel, words));
