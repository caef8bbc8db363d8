/** Every code there is, in one table. Codes are stable: a number is never used for a second meaning. */
import { boardCodes } from './board.ts';
import { bundleCodes } from './bundle.ts';
import { connectionCodes } from './connection.ts';
import { deployCodes } from './deploy.ts';
import { deviceCodes } from './device.ts';
import type { CodeEntry } from './entry.ts';
import { hostCodes } from './host.ts';
import { layersCodes } from './layers.ts';
import { planCodes } from './plan.ts';
import { usageCodes } from './usage.ts';

const table = {
  ...usageCodes,
  ...boardCodes,
  ...planCodes,
  ...bundleCodes,
  ...hostCodes,
  ...connectionCodes,
  ...deviceCodes,
  ...deployCodes,
  ...layersCodes,
};

export type Code = keyof typeof table;

export const codes: Readonly<Record<Code, CodeEntry>> = table;
