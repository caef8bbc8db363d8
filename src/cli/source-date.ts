/** SOURCE_DATE_EPOCH: https://reproducible-builds.org/specs/source-date-epoch/ */
import { defaultMtime, greatestMtime } from '../bundle/pack.ts';
import { usageFailure } from './usage.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The time of the files in a bundle, in seconds since 1970.
 * @throws Failure OVL004 where the variable is no such time
 */
export function bundleTime(env: Environment): number {
  return optionalTime(env) ?? defaultMtime;
}

/**
 * The time that SOURCE_DATE_EPOCH gives, in seconds since 1970; undefined where it is not set.
 * @throws Failure OVL004 where the variable is no such time
 */
export function optionalTime(env: Environment): number | undefined {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds <= greatestMtime) return seconds;
  throw usageFailure(
    'OVL004',
    `SOURCE_DATE_EPOCH is "${text}"`,
    `seconds since 1970, from 0 to ${greatestMtime}, or unset it`,
  );
}
