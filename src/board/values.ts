/** The kinds of value a board file is made of. Their messages read `NOUN; RULE`: decoding writes '"x" is not NOUN' from them. */
import * as z from 'zod';
import { durationPattern, parseDuration, parseSize, percentPattern, sizePattern } from './units.ts';

/** The error of a refused value; src/board/issue.ts takes the two halves apart again. */
export function must(noun: string, rule: string): { readonly error: string } {
  return { error: `${noun}; ${rule}` };
}

/**
 * Text that a path, an argument and an environment word can hold: no NUL, and no lone surrogate, which has no UTF-8
 * form and would silently become another name on the board.
 */
export const text = z
  .string()
  .min(1)
  .max(4096)
  .refine(
    (value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value),
    must('text that can be passed on', 'it holds a NUL byte or half of a surrogate pair'),
  );

/** Text without blanks, for names that stand alone in a line of a file under /proc or of a script. */
export function word(noun: string, rule: string, pattern = /^[^\s/]+$/) {
  return text.regex(pattern, must(noun, rule));
}

export const plainName = text.regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  must('a plain name', 'letters, digits, ".", "_" and "-", and a letter or digit first'),
);

export const absolutePath = text
  .regex(
    /^\/([^/]+(\/[^/]+)*)?$/,
    must('an absolute path', 'it starts with "/", and has no "//" and no "/" at its end'),
  )
  .refine(
    (path) => !path.split('/').some((part) => part === '.' || part === '..'),
    must('a plain path', '"." and ".." would make it mean another place than it says'),
  );

const hexPattern = /^0x[0-9a-fA-F]{1,12}$/;

/** Bytes. Written with a unit, or in hexadecimal as /proc/mtd and device trees print them. */
export const size = z
  .string()
  .regex(
    new RegExp(`${sizePattern.source}|${hexPattern.source}`),
    must('a size', 'a size has a unit, such as 64KiB, 3.4MiB or 16M, or is hexadecimal, such as 0x360000'),
  )
  .transform((value, context) => {
    const bytes = hexPattern.test(value) ? Number(value) : parseSize(value);
    if (bytes !== undefined && bytes > 0) return bytes;
    return refuse(context, must('a size', 'it comes to no whole number of bytes above zero'));
  });

/** Milliseconds. */
export const duration = z
  .string()
  .regex(durationPattern, must('a time', 'a time has a unit, such as 500ms, 5s or 2min'))
  .transform((value, context) => {
    const milliseconds = parseDuration(value);
    if (milliseconds !== undefined && milliseconds <= longestWait) return milliseconds;
    return refuse(
      context,
      must('a time to wait', 'it is a whole number of milliseconds, ten minutes at most'),
    );
  });

const longestWait = 600_000;

/** A tmpfs limit: bytes, or a share of the memory. Kept as text: the kernel's tmpfs takes both forms. */
export const memoryLimit = z
  .string()
  .regex(
    new RegExp(`${sizePattern.source}|${percentPattern.source}`),
    must('a limit of memory', 'it is a size such as 16MiB, or a share of the memory such as 50%'),
  )
  .refine(
    (value) => {
      const percent = percentPattern.exec(value)?.[1];
      return percent === undefined || (Number(percent) >= 1 && Number(percent) <= 100);
    },
    must('a share of the memory', 'a share is between 1% and 100%'),
  )
  .refine(
    (value) => !value.includes('.'),
    must('a limit of memory', "the kernel's tmpfs takes whole numbers only: 1536KiB, not 1.5MiB"),
  )
  .refine(
    // The kernel reads size=0 as "no limit at all", the opposite of what it says.
    (value) => percentPattern.test(value) || !/^0+\D/.test(value),
    must('a limit of memory', 'nothing can be written into no memory'),
  );

/** A share of a file system at which people are warned; `off` for never. */
export const watermark = z
  .string()
  .regex(/^(off|[1-9]\d?%)$/, must('a watermark', 'it is a share between 1% and 99%, such as 80%, or off'))
  .transform((value): number | 'off' => (value === 'off' ? value : Number(value.slice(0, -1))));

export const kernelVersion = z
  .string()
  .regex(
    /^\d+\.\d+(\.\d+)?$/,
    must('a kernel version', 'write two or three numbers in quotes: "5.15", "6.1.90"'),
  );

function refuse(context: z.RefinementCtx<string>, message: { readonly error: string }): never {
  context.issues.push({ code: 'custom', message: message.error, input: context.value });
  return z.NEVER;
}
