import type { Measure } from './row.ts';

/** Being written. */
export const measureCloudCost: Measure = async () => {
  throw new Error('not measured yet');
};
