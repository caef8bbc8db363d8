/**
 * overlayfs before it was merged (patches v10 to v22), file system type `overlayfs`: OpenWrt 12.09 and 14.07, Ubuntu and
 * SUSE kernels. It has no work directory, no options beyond the two directories, and exactly two layers.
 */

import { atLeast } from '../board/version.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import { mount } from '../steps/mount.ts';
import { twoLayersOnly, unknownOptions } from './limits.ts';
import type { UnionSystem } from './system.ts';

export const overlayfs: UnionSystem = {
  name: 'overlayfs',
  fstype: 'overlayfs',
  where: 'patched kernels from 2.6.37 to 3.17',
  fits: (version) => atLeast(version, '2.6.37') && !atLeast(version, '3.18'),
  needsWorkdir: false,
  mount: (request) => {
    const { stack } = request;
    const problems = [...unknownOptions('overlayfs', request), ...twoLayersOnly('overlayfs', request)];
    if (problems.length > 0) return failure(...problems);
    const [lower = '/'] = stack.lowerdirs;
    return success(
      mount('overlayfs', 'overlayfs', stack.target, [
        'rw',
        `lowerdir=${lower}`,
        `upperdir=${stack.upperdir}`,
      ]),
    );
  },
};
