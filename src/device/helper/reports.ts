/** What a board says of itself in JSON, believed only once its shape and its sizes are as they have to be. */
import * as z from 'zod';
import { Failure } from '../../diagnostics/diagnostic.ts';
import {
  type BoardReport,
  type GenerationsReport,
  listSchema,
  reportSchema,
  type UsageReport,
  usageSchema,
} from '../../shared/report.ts';

const word = z.string().max(4096);
const words = z.array(word).max(1024);
const count = z.int().min(0);
const number = z.int().min(0).nullable();

const slot = z.enum(['counts', 'older', 'damaged', 'newer', 'missing']);

const board: z.ZodType<BoardReport> = z.object({
  schema: z.literal(reportSchema),
  board: word,
  plan: word,
  rung: word,
  reasons: words,
  reset: word,
  device: word.default(''),
  repaired: word.default(''),
  booted: number,
  state: z
    .object({
      seq: number,
      active: number,
      previous: number,
      trying: number,
      attempts: number,
      next: number,
      reset: number,
    })
    .nullable(),
  slots: z.object({ a: slot, b: slot }),
  attemptsLimit: count,
  storage: z
    .object({
      fstype: word,
      bytes: count,
      availableBytes: count,
      inodes: count,
      availableInodes: count,
      volatile: z.boolean(),
      full: z.boolean(),
    })
    .nullable(),
  pending: z.object({ reset: z.boolean(), paths: count }),
  // Helpers from before bases had an identity say nothing of it.
  base: z
    .object({ image: word.nullable(), fits: word.nullable(), waiting: count })
    .default({ image: null, fits: null, waiting: 0 }),
  boots: words,
  // Helpers from before failures were kept say nothing of them.
  kept: words.default([]),
  troubles: words,
});

const generations: z.ZodType<GenerationsReport> = z.object({
  schema: z.literal(listSchema),
  generations: z
    .array(
      z.object({
        number: count,
        name: word.nullable(),
        roles: z.array(z.enum(['active', 'previous', 'trying', 'booted'])).max(4),
        bytes: count,
        inodes: count,
        doomed: z.boolean(),
      }),
    )
    .max(1024),
  others: words,
});

const usage: z.ZodType<UsageReport> = z.object({
  schema: z.literal(usageSchema),
  rung: word,
  bytes: count,
  inodes: count,
  largest: z.array(z.object({ path: word, directory: z.boolean(), bytes: count, inodes: count })).max(1024),
  whiteouts: count,
  equal: z.object({ count, bytes: count, paths: words }),
});

/** What overlay_init writes to /run/overlaykit/status.json, helper or not. */
const boot = z.object({
  board: word,
  plan: word,
  rung: word,
  generation: word.default(''),
  reset: word.default(''),
  storage: word.default(''),
  repaired: word.default(''),
  reasons: words,
  notes: words.default([]),
});
export type BootFile = z.infer<typeof boot>;

export const reports = { board, generations, usage, boot };

/**
 * Reads an answer.
 * @param what it is, for the message: "the status"
 * @throws Failure OVL624 where it is not what it should be
 */
export function readReport<T>(schema: z.ZodType<T>, text: string, name: string, what: string): T {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw new Failure({
    code: 'OVL624',
    severity: 'error',
    message: `${what} of ${name} makes no sense`,
    because: `${where}: ${issue?.message ?? 'it is something else'}`.slice(0, 300),
    fix: 'deploy a bundle of this version of overlaykit, or see whether it is the right board',
    boardState: 'unchanged',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
