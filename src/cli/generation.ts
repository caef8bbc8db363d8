/** A generation as an option names it: by its number, or by the name that somebody gave it. */
import { visible } from '../diagnostics/escape.ts';
import { usageFailure } from './usage.ts';

const form = /^(?:[1-9]\d{0,8}|[A-Za-z][A-Za-z0-9._+-]{0,39})$/;

/** @throws Failure OVL004 for what can be neither */
export function generationOf(text: string | undefined, option: string): string | undefined {
  if (text === undefined || form.test(text)) return text;
  throw usageFailure('OVL004', `${option} is "${visible(text)}"`, 'the number or the name of a generation');
}
