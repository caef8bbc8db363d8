/**
 * Slot: the partition that a root image goes to. Name, size and number have to agree, and nothing may be mounted from it, however
 * that is named: a mistake here is a board that is sent back. Pure.
 */

import { type Facts, knownValue } from '../device/facts/facts.ts';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { quoted, visible } from '../diagnostics/escape.ts';
import type { Slot } from './deployment.ts';
import { unsuitable } from './suitable.ts';

/**
 * @param text `mtd:NAME`, `mtdN`, `mtdN:NAME` (both have to agree), or the path of a block device
 * @param bytes of the image
 */
export function findSlot(facts: Facts, text: string, bytes: number): Result<Slot> {
  const slot = text.startsWith('mtd') ? mtdSlot(facts, text) : blockSlot(facts, text);
  if (!slot.ok) return slot;
  const problems = checkRoom(slot.value, bytes, text);
  return problems.length === 0 ? slot : failure(...problems);
}

function mtdSlot(facts: Facts, text: string): Result<Slot> {
  const all = knownValue(facts.storage.mtd) ?? [];
  const [, number, name] = /^mtd(\d+)?(?::(.+))?$/s.exec(text) ?? [];
  if (number === undefined && name === undefined)
    return disagree(text, 'an MTD partition is mtd:NAME, mtdN or mtdN:NAME');
  const named = name === undefined ? all : all.filter((mtd) => mtd.name === name);
  const found = number === undefined ? named : named.filter((mtd) => mtd.number === Number(number));
  const [mtd] = found;
  if (mtd === undefined) {
    const other = name === undefined ? undefined : named[0];
    return disagree(
      text,
      other === undefined
        ? '/proc/mtd lists none such'
        : `${quoted(name ?? '')} is mtd${other.number} on this board`,
    );
  }
  if (found.length > 1) return disagree(text, `/proc/mtd has ${found.length} of that name`);
  const programs = new Set((knownValue(facts.programs.found) ?? []).map((one) => one.name));
  const writer = programs.has('mtd') ? 'mtd' : programs.has('flashcp') ? 'flashcp' : undefined;
  if (writer === undefined) {
    return failure(
      unsuitable(
        'OVL659',
        `the board has nothing that writes ${visible(text)}`,
        'neither mtd nor flashcp is there, and writing flash needs its blocks erased and its bad blocks known',
        'add mtd-utils to the firmware, or write the image as its maker says',
      ),
    );
  }
  return success({ kind: 'mtd', number: mtd.number, name: mtd.name, bytes: mtd.size, writer });
}

function blockSlot(facts: Facts, text: string): Result<Slot> {
  if (!/^\/dev\/[A-Za-z0-9._/-]+$/.test(text) || text.includes('..'))
    return disagree(text, 'a slot is mtd:NAME or a path below /dev');
  const name = text.slice('/dev/'.length);
  const found = (knownValue(facts.storage.partitions) ?? []).find((one) => one.name === name);
  if (found === undefined) return disagree(text, '/proc/partitions does not list it by this name');
  if (/^mtdblock/.test(name))
    return disagree(text, 'flash is written through mtd, which knows its bad blocks: --slot mtd:NAME');
  return success({ kind: 'block', device: text, bytes: found.size });
}

function checkRoom(slot: Slot, bytes: number, text: string): readonly Diagnostic[] {
  if (bytes <= slot.bytes) return [];
  return [
    unsuitable(
      'OVL657',
      `the image has ${bytes} bytes, and ${visible(text)} has ${slot.bytes}`,
      `that is ${bytes - slot.bytes} too many`,
      'make the image smaller, or choose another partition',
    ),
  ];
}

/** Nothing may be mounted from it: by its own name, as a whole disk of which a part is mounted, and the same flash by mtdblock, ubi or its number. */
export function checkFreeSlot(facts: Facts, slot: Slot, text: string): readonly Diagnostic[] {
  const mounts = knownValue(facts.storage.mounts);
  const line = facts.kernel.cmdline.kind === 'known' ? facts.kernel.cmdline.value : '';
  const root = /(?:^|\s)root=(\S+)/.exec(line)?.[1];
  const inUse = [
    ...(mounts ?? [])
      .filter(({ source }) => uses(source, slot))
      .map(({ source, target }) => `${source} is mounted at ${target}`),
    ...(root !== undefined && uses(root, slot) ? [`root=${root} is what the kernel has booted from`] : []),
  ];
  const because = mounts === undefined ? 'the mount table of the board cannot be read' : inUse[0];
  if (because === undefined) return [];
  return [
    unsuitable(
      'OVL658',
      `${visible(text)} is in use`,
      visible(because),
      'choose the slot that the board does not run from',
    ),
  ];
}

function uses(source: string, slot: Slot): boolean {
  if (slot.kind === 'mtd') {
    return [
      `/dev/mtdblock${slot.number}`,
      `/dev/mtd${slot.number}`,
      `mtd${slot.number}`,
      `mtd:${slot.name}`,
    ].includes(source);
  }
  // /dev/sda is written over when /dev/sda1 is in use, and the other way round.
  return source === slot.device || isPartOf(source, slot.device) || isPartOf(slot.device, source);
}

function isPartOf(part: string, whole: string): boolean {
  // Disks that end in a digit have their parts after a p: mmcblk0p1.
  const number = /\d$/.test(whole) ? /^p\d+$/ : /^\d+$/;
  return part.startsWith(whole) && number.test(part.slice(whole.length));
}

function disagree(text: string, because: string): Result<Slot> {
  return failure(
    unsuitable(
      'OVL657',
      `there is no partition ${quoted(text)} on the board`,
      because,
      'see ovl probe HOST for its partitions',
    ),
  );
}
