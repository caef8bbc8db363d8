/** A Deployment in words: what `--dry-run` prints. */
import { visible } from '../diagnostics/escape.ts';
import type { Deployment, DeployStep, Slot } from './deployment.ts';

/** Ends with a line feed. */
export function deploymentWords(deployment: Deployment, host: string): string {
  const { board, release, current, root } = deployment;
  const head = [
    `${visible(board)} to ${visible(host)}: ${way(deployment)}`,
    ...(current === undefined ? [] : [`  now      release ${current}`]),
    ...(release === '' ? [] : [`  new      release ${release}, in ${root}/etc/overlaykit/releases`]),
  ];
  const steps = deployment.steps.map((step, index) => `${String(index + 1).padStart(3)}  ${stepWords(step)}`);
  const why =
    deployment.present === 'running'
      ? 'runs this release and keeps it'
      : 'boots this release when it restarts';
  const nothing = deployment.steps.length === 0 ? [`  nothing to do: the board ${why}`] : [];
  return `${[...head, ...nothing, ...steps].join('\n')}\n`;
}

function way({ way: how, root }: Deployment): string {
  if (how === 'root-image') return 'a root image, written to a partition';
  return root === '' ? 'into its root, which can be written' : `into the root under its union, at ${root}`;
}

/** One line; what is in a file of the board is not in it. */
export function stepWords(step: DeployStep): string {
  switch (step.kind) {
    case 'open-root':
      return 'mount the root for writing';
    case 'set-aside':
      return `keep the overlay_init that is there as release "${step.release}"`;
    case 'keep-original':
      return `keep what the board boots now (${step.init ?? '/sbin/init'}) as release "original"`;
    case 'make-dirs':
      return `make ${step.paths.join(', ')} to mount on`;
    case 'stage':
      return `send what the board lacks of ${step.files.length} files (${size(step.files.reduce((sum, { bytes }) => sum + bytes, 0))}); if they fail, "${step.previous}" boots`;
    case 'verify':
      return "compare their SHA-256, and let the board's own shell and kernel read them";
    case 'record-base':
      return 'let overlay_helper note what the base of now has under each change';
    case 'read-back':
      return `read ${size(step.bytes)} of ${slotWords(step)}, and compare their SHA-256`;
    case 'write-image':
      return `write ${size(step.bytes)} to ${slotWords(step)}, and read them back`;
    case 'switch':
      return `${step.final ? 'switch' : 'point'} /sbin/overlay_init to release ${step.release}${step.final ? '  <- from here on the next boot is the new one' : ''}`;
    case 'edit-loader':
      return `tell the boot loader (${visible(step.path)})  <- from here on the next boot is the new one`;
    case 'close-root':
      return 'mount the root read-only again';
    case 'reboot':
      return `restart the board, and wait at most ${Math.round(step.waitMs / 1000)} s for it`;
    case 'confirm':
      return `confirm, once it runs plan ${step.planDigest.slice(0, 8)} on the rung ${step.rung}; else it goes back`;
    case 'forget':
      return `delete releases other than ${step.keep.join(' and ')}`;
  }
}

function slotWords({ slot }: { readonly slot: Slot }): string {
  return slot.kind === 'mtd' ? `mtd${slot.number} "${visible(slot.name)}"` : visible(slot.device);
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
