/** Wants: what a bundle needs of a board, read from its manifest and its plan. Nothing in it is believed before it is decoded. */
import * as z from 'zod';
import { type Bundle, bundleEntries, bundlePaths } from '../bundle/bundle.ts';
import { sha256 } from '../bundle/digest.ts';
import type { Requirements } from '../bundle/manifest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import type { BootLoader } from '../shared/boot-loader.ts';

const address = z.object({ by: z.string(), name: z.string().optional(), number: z.number().optional() });
const step = z.object({
  kind: z.string(),
  fstype: z.string().optional(),
  optional: z.boolean().optional(),
  address: address.optional(),
  sizeBytes: z.number().optional(),
  minBytes: z.number().optional(),
  maxBytes: z.number().optional(),
  eraseBlockBytes: z.number().optional(),
});
const plan = z.object({
  root: z.object({ fstype: z.string() }),
  prepare: z.array(step),
  ladder: z.array(z.object({ name: z.string(), steps: z.array(step) })).min(1),
  helper: z.boolean(),
});

export type WantedStep = z.output<typeof step>;

export interface Wants {
  readonly board: string;
  readonly compatible: readonly string[];
  readonly planDigest: string;
  readonly requires: Requirements;
  /** Where the board file names one. */
  readonly bootLoader?: BootLoader;
  /** Type of root that the plan is made for. */
  readonly rootType: string;
  /** Name of the best rung. */
  readonly rung: string;
  /** Types of file systems that the best rung mounts. */
  readonly filesystems: readonly string[];
  /** How the best rung finds its storage; undefined where it needs none. */
  readonly storage?: WantedStep;
  /** First bytes of the helper, from which its architecture is read; undefined where there is none. */
  readonly helperHead?: Uint8Array;
}

/** A file of a release, with its content. */
export interface ReleaseFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Uint8Array;
}

/** @throws Failure OVL302 where the plan in the bundle is none */
export function wantsOf(bundle: Bundle, path: string): Wants {
  const content = bundle.files.find((file) => file.path === bundlePaths.plan)?.content ?? new Uint8Array();
  const parsed = parsedPlan(new TextDecoder().decode(content));
  if (parsed === undefined) {
    throw new Failure({
      code: 'OVL302',
      severity: 'error',
      message: `the plan in ${JSON.stringify(path)} is none that this version of ovl reads`,
      fix: 'build the bundle again with ovl build',
    });
  }
  const { manifest } = bundle;
  const best = parsed.ladder[0];
  const steps = [...parsed.prepare, ...(best?.steps ?? [])];
  const storage = best?.steps.find(({ kind }) => kind === 'find-storage');
  const helper = bundle.files.find((file) => file.path === bundlePaths.helper);
  const types = steps.flatMap((one) =>
    one.kind === 'mount' && one.optional !== true ? [one.fstype ?? ''] : [],
  );
  return {
    board: manifest.board.name,
    compatible: manifest.board.compatible,
    planDigest: manifest.planDigest,
    requires: manifest.requires,
    ...(manifest.bootLoader === undefined ? {} : { bootLoader: manifest.bootLoader }),
    rootType: parsed.root.fstype,
    rung: best?.name ?? '',
    filesystems: [...new Set(types)].filter((type) => type !== ''),
    ...(storage === undefined ? {} : { storage }),
    ...(helper === undefined ? {} : { helperHead: helper.content.subarray(0, 64) }),
  };
}

/** What a release of this bundle holds: every file of the bundle by its last name, the manifest too. */
export function releaseFiles(bundle: Bundle): readonly ReleaseFile[] {
  return bundleEntries(bundle).map(({ path, mode, content }) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    mode,
    content,
  }));
}

/** What a release is called: as short as people can still compare, as long as none meet. */
export function releaseName(bundle: Bundle): string {
  const digests = releaseFiles(bundle).map(
    ({ name, mode, content }) => `${sha256(content)} ${mode} ${name}\n`,
  );
  return sha256(digests.join('')).slice(0, 16);
}

function parsedPlan(text: string): z.output<typeof plan> | undefined {
  try {
    return plan.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
