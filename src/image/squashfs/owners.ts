/** Owners: squashfs keeps each user or group id once, and inodes name it by its place in that list. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import type { ImageNode } from '../tree.ts';
import type { SquashfsImage } from './open.ts';
import type { Survey } from './survey.ts';

export interface PackedIds {
  readonly ids: readonly number[];
  of(node: ImageNode): { readonly uidIndex: number; readonly gidIndex: number };
}

/** The list's length has 16 bits. */
const maxIds = 0xffff;

/** @throws Failure OVL361 when the list is full */
export function packIds(image: SquashfsImage, found: Survey): PackedIds {
  const ids = [...image.ids];
  const places = new Map(ids.map((id, place) => [id, place] as const).toReversed());
  const place = (id: number): number => {
    const known = places.get(id);
    if (known !== undefined) return known;
    if (ids.length >= maxIds) throw full(image);
    places.set(id, ids.length);
    ids.push(id);
    return ids.length - 1;
  };
  for (const node of found.dirty) {
    if (image.stored.has(node)) continue;
    place(node.uid);
    place(node.gid);
  }
  return {
    ids,
    of(node) {
      const { uidIndex, gidIndex } = image.stored.get(node) ?? {
        uidIndex: place(node.uid),
        gidIndex: place(node.gid),
      };
      return { uidIndex, gidIndex };
    },
  };
}

function full(image: SquashfsImage): Failure {
  return new Failure({
    code: 'OVL361',
    severity: 'error',
    message: `"${image.source.path}" has no room for another owner`,
    because: `squashfs knows at most ${maxIds} different user and group ids in one image, and root is not among them`,
  });
}
