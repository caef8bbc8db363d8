/** What makes the board itself: where it may lie, and that no path has two fates. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding, type Said } from './finding.ts';
import { isWithin, taken } from './paths.ts';

export function checkIdentity(checked: CheckedBoard): readonly Diagnostic[] {
  const { identity, storage } = checked.board;
  if (storage.type === 'tmpfs' && identity.length > 0)
    return [
      finding(checked, 'OVL150', ['identity'], {
        message: 'no identity can be stored on storage.type tmpfs',
        because: 'tmpfs is memory: what makes this board is gone at every power-off',
        fix: 'leave identity away, or put it into the image',
      }),
    ];
  return identity.flatMap(({ path }, index) => {
    const place = ['identity', index, 'path'];
    const misplaced = cannotBe(path) ?? alreadyThere(path, index, identity);
    if (misplaced !== undefined) return [finding(checked, 'OVL150', place, misplaced)];
    return keptToo(checked, path, place);
  });
}

function cannotBe(path: string): Said | undefined {
  if (path === '/')
    return {
      message: 'the whole root is no identity',
      because: 'then no generation could differ from another, and no reset would change anything',
      fix: 'name what makes the board, such as /etc/dropbear',
    };
  const folder = [...Object.keys(taken), '/tmp'].find((one) => isWithin(path, one) || isWithin(one, path));
  if (folder === undefined) return undefined;
  return {
    message: `${quoted(path)} is not a path of the merged root's own`,
    because: `${folder}: ${taken[folder] ?? 'what is there is forgotten at every power-off'}`,
    fix: 'name the place where the file lies on the root',
  };
}

function alreadyThere(
  path: string,
  index: number,
  identity: CheckedBoard['board']['identity'],
): Said | undefined {
  const other = identity.find(
    (one, at) =>
      (at < index && one.path === path) ||
      (one.path !== path && one.path !== '/' && isWithin(path, one.path)),
  );
  if (other === undefined) return undefined;
  if (other.path === path)
    return {
      message: `${quoted(path)} is listed twice`,
      because: 'one path has one policy',
      fix: 'keep one',
    };
  return {
    message: `${quoted(path)} lies inside ${quoted(other.path)}`,
    because: `everything below ${quoted(other.path)} follows its policy, ${other.policy}`,
    fix: 'leave it away, or list the files one by one',
  };
}

/** A path that a reset keeps from the old upper and gets from the identity as well would have two contents. */
function keptToo(
  checked: CheckedBoard,
  path: string,
  place: readonly (string | number)[],
): readonly Diagnostic[] {
  const kept = checked.board.keep.find((one) => isWithin(path, one) || isWithin(one, path));
  if (kept === undefined || kept === '/') return [];
  return [
    finding(checked, 'OVL151', place, {
      message: `${quoted(path)} is part of the identity, and "keep" keeps ${quoted(kept)}`,
      because:
        'a reset takes what is kept from the old upper, and the identity from its own store; which one counts?',
      fix: 'leave it to identity, and take it out of keep',
    }),
  ];
}
