/** Where the layers below the upper of a rung are found once init runs. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { generationWord } from '../shared/step.ts';
import { bytesOf } from './bytes.ts';
import { isRecord } from './plan.ts';
import { isKernelError } from './port.ts';
import { readPlan } from './settings.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine } from './trouble.ts';

/** The paths, topmost layer first; byte strings. The old root alone where the plan does not say. */
export function readLowerPaths(port: BoardPort, rung: string, booted: number | undefined): readonly string[] {
  const option = lowerOption(port, rung);
  const places = option === undefined ? ['/'] : separated(option);
  return places.map((place) => {
    if (place === '/') return boardPaths.oldRoot;
    return bytesOf(place.split(generationWord).join(String(booted ?? 0)));
  });
}

/** Those of them that can be opened: a layer that is left behind in the old root is not compared with. */
export function openLowers(
  port: BoardPort,
  rung: string,
  booted: number | undefined,
  verb: string,
): readonly number[] {
  const open: number[] = [];
  for (const path of readLowerPaths(port, rung, booted)) {
    try {
      open.push(port.openDirectory(path));
    } catch (error) {
      if (!isKernelError(error)) throw error;
      port.complain(`overlay_helper: ${verb}: ${oneLine(path)} cannot be compared with: ${error.code}`);
    }
  }
  return open;
}

/** What the rung's union is told about its layers. */
function lowerOption(port: BoardPort, rung: string): string | undefined {
  const plan = readPlan(port);
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  const found = ladder.filter(isRecord).find(({ name }) => name === rung);
  const steps: readonly unknown[] = Array.isArray(found?.steps) ? found.steps : [];
  for (const step of steps.filter(isRecord)) {
    const options: readonly unknown[] = Array.isArray(step.options) ? step.options : [];
    for (const option of options)
      if (typeof option === 'string' && option.startsWith(lowerWord)) return option.slice(lowerWord.length);
  }
  return undefined;
}

const lowerWord = 'lowerdir=';

/** Taken apart at its colons; a backslash takes away the meaning of what follows it. */
function separated(option: string): readonly string[] {
  const places: string[] = [];
  let place = '';
  for (let at = 0; at < option.length; at++) {
    const character = option.charAt(at);
    if (character === '\\') {
      at++;
      place += option.charAt(at);
    } else if (character === ':') {
      places.push(place);
      place = '';
    } else place += character;
  }
  return [...places, place];
}
