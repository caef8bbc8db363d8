/** SOURCE_DATE_EPOCH: https://reproducible-builds.org/specs/source-date-epoch/ */
import { defaultMtime, greatestMtime } from '../bundle/pack.ts';
import { usageFailure } from './usage.ts';

/**
 * The time of the files in a bundle, in seconds since 1970.
 * @throws Failure OVL004 where the variable is no such time
 */
export function bundleTime(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === '') return defaultMtime;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds <= greatestMtime) return seconds;
  throw usageFailure(
    'OVL004',
    `SOURCE_DATE_EPOCH is "${text}"`,
    `seconds since 1970, from 0 to ${greatestMtime}, or unset it`,
  );
}
