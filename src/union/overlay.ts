/**
 * overlayfs as Linux has it since 3.18, file system type `overlay`.
 * Facts: Documentation/filesystems/overlayfs.rst; the versions from the unionmount test suite's own list.
 */
import { type OverlayOption, overlayOptionTable } from '../board/overlay-options.ts';
import { atLeast } from '../board/version.ts';
import type { Diagnostic, Result } from '../diagnostics/diagnostic.ts';
import { failure, success } from '../diagnostics/diagnostic.ts';
import type { Step } from '../shared/step.ts';
import { mount } from '../steps/mount.ts';
import type { UnionRequest, UnionSystem } from './system.ts';

interface StatedOption extends OverlayOption {
  /**
   * What overlaykit states when the board file says nothing. Only with all of these off does an upper survive a change
   * of the base image: the others store file handles and paths of the base they were made on.
   */
  readonly safe: (version: string) => string;
}

export const overlayOptions: Readonly<Record<string, StatedOption>> = {
  redirect_dir: {
    ...overlayOptionTable.redirect_dir,
    // "off" still follows redirects where the kernel was built with REDIRECT_ALWAYS_FOLLOW; "nofollow" never does.
    safe: (version) => (atLeast(version, '4.15') ? 'nofollow' : 'off'),
  },
  index: { ...overlayOptionTable.index, safe: () => 'off' },
  nfs_export: { ...overlayOptionTable.nfs_export, safe: () => 'off' },
  xino: { ...overlayOptionTable.xino, safe: () => 'off' },
  metacopy: { ...overlayOptionTable.metacopy, safe: () => 'off' },
  // "auto", the default, writes trusted.overlay.uuid on the root of a new upper; "null" is what older kernels do.
  uuid: { ...overlayOptionTable.uuid, safe: () => 'null' },
};

export const overlay: UnionSystem = {
  name: 'overlay',
  fstype: 'overlay',
  where: 'Linux 3.18 and newer',
  fits: (version) => atLeast(version, '3.18'),
  needsWorkdir: true,
  mount: mountOverlay,
};

function mountOverlay(request: UnionRequest): Result<Step> {
  const { stack, kernel } = request;
  const problems = [...optionProblems(request), ...layerProblems(request)];
  if (problems.length > 0) return failure(...problems);
  return success(
    mount('overlay', 'overlay', stack.target, [
      'rw',
      `lowerdir=${stack.lowerdirs.map(escapeLowerdir).join(':')}`,
      `upperdir=${escapePath(stack.upperdir)}`,
      `workdir=${escapePath(stack.workdir)}`,
      ...statedOptions(kernel, request.options),
    ]),
  );
}

/** Every option the kernel knows, with the board's value or the safe one: nothing is left to CONFIG_OVERLAY_FS_*. */
function statedOptions(kernel: string, options: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(overlayOptions)
    .filter(([, option]) => atLeast(kernel, option.since))
    .map(([name, option]) => `${name}=${options[name] ?? option.safe(kernel)}`);
}

/** A path inside an overlayfs option: a comma would end the option, a backslash escapes. */
export function escapePath(path: string): string {
  return path.replace(/[\\,]/g, '\\$&');
}

/** A path inside lowerdir=, where a colon separates layers. */
export function escapeLowerdir(path: string): string {
  return path.replace(/[\\,:]/g, '\\$&');
}

function optionProblems({ options, kernel, where }: UnionRequest): readonly Diagnostic[] {
  return Object.entries(options).flatMap(([name, value]): Diagnostic[] => {
    const option = overlayOptions[name];
    const place = where(['union', 'options', name]);
    if (option === undefined) {
      return [
        {
          code: 'OVL201',
          severity: 'error',
          place,
          message: `"${name}" is not an option of overlayfs that a board file can set`,
          because:
            'lowerdir, upperdir and workdir come from the plan; an option that the kernel does not know makes the mount fail with EINVAL',
          fix: `one of ${Object.keys(overlayOptions).join(', ')}`,
        },
      ];
    }
    if (!option.values.includes(value)) {
      return [
        {
          code: 'OVL202',
          severity: 'error',
          place,
          message: `"${value}" is not a value of the overlayfs option ${name}`,
          because: 'the kernel refuses the whole mount with EINVAL',
          fix: `one of ${option.values.join(', ')}`,
        },
      ];
    }
    if (!atLeast(kernel, option.since)) {
      return [
        {
          code: 'OVL203',
          severity: 'error',
          place,
          message: `the overlayfs option ${name} is newer than the kernel`,
          because: `Linux knows it since ${option.since}; an older kernel refuses the whole mount with EINVAL`,
          fix: `remove union.options.${name}`,
        },
      ];
    }
    return [];
  });
}

function layerProblems({ stack, kernel, where }: UnionRequest): readonly Diagnostic[] {
  if (stack.lowerdirs.length === 1 || atLeast(kernel, '4.0')) return [];
  return [
    {
      code: 'OVL204',
      severity: 'error',
      place: where(['layers']),
      message: 'this kernel merges only one read-only layer',
      because: 'overlayfs takes several lower directories since Linux 4.0',
      fix: 'put the further layers into the root image',
    },
  ];
}
