/**
 * mini_fo 0.6, for Linux 2.4 and 2.6 (the DENX mini fanout overlay; OpenWrt White Russian to Backfire).
 * Facts from its main.c: only `base=` and `sto=`, anything else is "unrecognized option" and EINVAL; no escaping, so a
 * comma in a path cannot be said; exactly two layers; remount answers ENOSYS.
 */

import { atLeast } from '../board/version.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { mount } from '../steps/mount.ts';
import { twoLayersOnly, unknownOptions } from './limits.ts';
import type { UnionSystem } from './system.ts';

export const miniFo: UnionSystem = {
  name: 'mini_fo',
  fstype: 'mini_fo',
  where: 'patched or modular in Linux 2.4 and 2.6',
  fits: (version) => atLeast(version, '2.4') && !atLeast(version, '3.0'),
  needsWorkdir: false,
  mount: (request) => {
    const { stack } = request;
    const problems = [...unknownOptions('mini_fo', request), ...twoLayersOnly('mini_fo', request)];
    if (problems.length > 0) return failure(...problems);
    const [base = '/'] = stack.lowerdirs;
    return success(mount('mini_fo', base, stack.target, [`base=${base}`, `sto=${stack.upperdir}`]));
  },
};
