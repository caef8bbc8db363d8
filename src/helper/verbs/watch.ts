/**
 * `watch`: looks how full the memory of a volatile rung is, for as long as the board runs, and warns once it is nearly full.
 * overlay_init leaves it behind; it sleeps between its looks and holds nothing open that anybody could want to unmount.
 */
import { fullness, fullnessWords } from '../fullness.ts';
import { setLoginLine } from '../login-line.ts';
import { readSettings } from '../settings.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused } from '../trouble.ts';
import { noWords } from '../words.ts';
import { openWritable } from '../writable.ts';

const secondsBetween = 30;
/** How far below the watermark it has to fall before it is worth another warning. */
const percentBelow = 10;

export function watch(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const { watermark } = readSettings(port);
  if (watermark === undefined) throw new Refused('the board file says tmpfs.watermark: off');
  const { rung, volatile, upper } = openWritable(port);
  port.close(upper);
  if (!volatile) throw new Refused(`rung "${rung}" is on the storage; only a rung in memory is watched`);
  let warned = false;
  for (;;) {
    warned = look(port, watermark, warned);
    port.sleep(secondsBetween);
  }
}

/** One look. Whether people are warned now. */
function look(port: BoardPort, watermark: number, warned: boolean): boolean {
  const now = fullness(port);
  if (!warned && now.percent >= watermark) {
    const { upper } = openWritable(port);
    const words = fullnessWords(port, upper, now, watermark);
    port.close(upper);
    port.log(4, `${sign}${words}`);
    setLoginLine(port, sign, words);
    return true;
  }
  if (!warned || now.percent >= watermark - percentBelow) return warned;
  port.log(6, `${sign}the tmpfs is ${now.percent} % full again, no more`);
  setLoginLine(port, sign, undefined);
  return false;
}

const sign = 'overlaykit: memory: ';
