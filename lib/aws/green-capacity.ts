import { z } from 'zod';

/** How much green gets: so many, or as many as blue has. */
export type Capacity = number | 'match-blue';

/** The manifest's part: how large green is, before and after its first traffic. @param unit Plural. */
export function capacitySchema(unit: string) {
  const amount = z.union([z.int().min(1).max(5000), z.literal('match-blue')], {
    error: `needs a number of ${unit}, or match-blue`,
  });
  return z
    .strictObject({
      validate: amount
        .default('match-blue')
        .describe(`How many ${unit} green is made with: a number, or match-blue`),
      live: amount
        .default('match-blue')
        .describe(`How many it has at least before its first traffic: a number, or match-blue`),
    })
    .prefault({})
    .describe('How large green is');
}

/**
 * How many green is made with. Which one is blue only the router knows; the largest that is there is not
 * smaller than it.
 * @param present Sizes of what is there.
 */
export function validationCapacity(validate: Capacity, present: readonly number[]): number {
  return validate === 'match-blue' ? Math.max(1, ...present) : validate;
}
