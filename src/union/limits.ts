/** What the older union systems cannot do, as diagnostics. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { UnionRequest } from './system.ts';

/** One for every option: these systems know none that a board file could set. */
export function unknownOptions(system: string, { options, where }: UnionRequest): readonly Diagnostic[] {
  return Object.keys(options).map((name) => ({
    code: 'OVL201',
    severity: 'error',
    place: where(['union', 'options', name]),
    message: `"${name}" is not an option of ${system} that a board file can set`,
    because: `${system} knows only its two directories; the kernel refuses anything else with EINVAL`,
    fix: `remove union.options.${name}`,
  }));
}

/** These systems have exactly two branches. */
export function twoLayersOnly(system: string, { stack, where }: UnionRequest): readonly Diagnostic[] {
  if (stack.lowerdirs.length === 1) return [];
  return [
    {
      code: 'OVL204',
      severity: 'error',
      place: where(['layers']),
      message: `${system} merges only one read-only layer`,
      because: 'it has exactly two branches, the root and the storage',
      fix: 'put the further layers into the root image, or use overlay on a newer kernel',
    },
  ];
}
