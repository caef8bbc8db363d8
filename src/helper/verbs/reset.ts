/**
 * `reset`: the next boot forgets all changes, or those at one path. Nothing is forgotten here: the upper is mounted, and what
 * is removed under a mounted union leaves the system neither old nor new.
 */

import { chooseSlot } from '../../shared/state.ts';
import { changedLine, verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { type Forecast, forecastReset } from '../forecast.ts';
import { overlap, pathOf, readIdentity } from '../identity.ts';
import { addRequest, findChange, isAsked, pathNames } from '../reset-paths.ts';
import { readSettings } from '../settings.ts';
import { currentState, readSlots } from '../slots.ts';
import { openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, oneLine, Refused, WrongWords } from '../trouble.ts';
import { openUpper } from '../upper.ts';

export function reset(port: BoardPort, words: readonly string[]): number {
  const dry = words[0] === '--dry-run';
  const [path, ...more] = dry ? words.slice(1) : words;
  if (more.length > 0 || path?.startsWith('-')) throw new WrongWords();
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  const settings = readSettings(port);
  if (dry) {
    const names = namesOf(path);
    const forecast = forecastReset(port, storage, booted, names, settings);
    if (names === undefined) return show(port, forecast, !isAllAsked(port, storage));
    const asked = isAsked(port, storage, { generation: booted, path: names });
    return show(port, forecast, forecast.length > 0 && !asked);
  }
  return withState(port, storage, () => {
    refuseNewer(port, storage);
    return path === undefined
      ? askForAll(port, storage, settings.keep)
      : askForPath(port, storage, booted, path);
  });
}

/** A storage of a newer overlaykit is not written to, requests included. One without a whole slot can still be reset. */
function refuseNewer(port: BoardPort, storage: Storage): void {
  const slots = readSlots(port, storage);
  if (chooseSlot(slots.a, slots.b)?.kind === 'newer') currentState(slots);
}

function namesOf(path: string | undefined): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const names = pathNames(path);
  if (names === undefined) throw new Refused(`"${oneLine(path)}" is no absolute path without "." and ".."`);
  return names;
}

function ended(port: BoardPort, changed: boolean): number {
  port.print(changed ? changedLine.yes : changedLine.no);
  return verbExit.done;
}

function show(port: BoardPort, forecast: readonly Forecast[], changed: boolean): number {
  for (const { goes, what, bytes, inodes } of forecast)
    port.print(`${goes ? 'goes' : 'stays'} ${what} bytes=${bytes} inodes=${inodes}`);
  if (forecast.length === 0) port.print('nothing is changed there');
  return ended(port, changed);
}

const request = 'reset';
const requestText = 'asked for by overlay_helper reset\n';

function isAllAsked(port: BoardPort, { notes }: Storage): boolean {
  return port.statIn(notes, request) !== undefined;
}

function askForAll(port: BoardPort, storage: Storage, keep: readonly string[]): number {
  const { notes } = storage;
  const asked = isAllAsked(port, storage);
  attempt('cannot write /overlay/overlaykit/reset', () => {
    if (!asked) port.writeIn(notes, request, requestText);
    port.syncDirectory(notes);
    port.syncFileSystem(notes);
  });
  if (!asked && port.readIn(notes, request, requestText.length) !== requestText)
    throw new Error('/overlay/overlaykit/reset does not read back as it was written');
  for (const path of keep) port.print(`stays ${oneLine(path)}`);
  for (const { path } of readIdentity(port)) port.print(`stays ${pathOf(path)}`);
  port.print(`the next boot ${asked ? 'was asked already to go' : 'goes'} back to factory state`);
  port.print('what is changed until then is forgotten too');
  return ended(port, !asked);
}

function askForPath(port: BoardPort, storage: Storage, booted: number, path: string): number {
  const names = namesOf(path) ?? [];
  const upper = openUpper(port, storage, booted);
  try {
    const { directory, status } = findChange(port, upper, names);
    port.close(directory);
    if (status === undefined) {
      port.print(`nothing is changed at ${oneLine(path)}`);
      return ended(port, false);
    }
  } finally {
    port.close(upper);
  }
  const wanted = { generation: booted, path: names };
  const isNew = attempt('cannot write /overlay/overlaykit/reset-paths', () =>
    addRequest(port, storage, wanted),
  );
  const what = `the changes at ${oneLine(path)} of generation ${booted}`;
  port.print(isNew ? `the next boot forgets ${what}` : `the next boot was asked already to forget ${what}`);
  port.print('what is changed there until then is forgotten too');
  for (const one of readIdentity(port))
    if (overlap(one.path, names)) port.print(`stays ${pathOf(one.path)}, as it is stored`);
  return ended(port, isNew);
}
