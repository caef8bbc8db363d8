/** Lists in order. The engine's own way of sorting is 2 KB of the program, and no boot sorts anything. */

/**
 * A new list in order; what compares as equal stays in its order.
 * @param compare below zero where the first belongs in front
 */
export function sorted<T>(list: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (list.length < 2) return list.slice();
  const middle = list.length >> 1;
  return merged(sorted(list.slice(0, middle), compare), sorted(list.slice(middle), compare), compare);
}

function merged<T>(left: readonly T[], right: readonly T[], compare: (a: T, b: T) => number): T[] {
  const all: T[] = [];
  let at = 0;
  for (const one of right) {
    for (let next = left[at]; next !== undefined && compare(next, one) <= 0; next = left[++at])
      all.push(next);
    all.push(one);
  }
  return [...all, ...left.slice(at)];
}
