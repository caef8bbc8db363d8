/**
 * overlay_helper on a running board: everything but what overlay_init waits for, which is in boot-main.ts.
 *
 * In: its words, the storage, this boot's status. Out: lines and an exit code.
 */
import { runBoard } from './board-verbs.ts';
import { callWords, exit, kernel } from './kernel.ts';

exit(runBoard(kernel, callWords.slice(1)));
