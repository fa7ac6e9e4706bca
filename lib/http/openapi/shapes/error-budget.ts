import { z } from 'zod';
import type { BudgetStatus } from '../../../release/error-budget.ts';
import { exactly } from '../exactly.ts';
import { time } from './parts.ts';

const counts = {
  requests: z.int().min(0).describe('Requests'),
  errors: z.int().min(0).describe("Of them failed on the server's side"),
  slow: z.int().min(0).describe('Of them answered in a minute that was too slow'),
};

/** Where a service promises something. */
export const errorBudget = exactly<BudgetStatus>()(
  z
    .strictObject({
      availabilityPercent: z.number().describe('Promised share of good requests'),
      windowSeconds: z.number().describe('The budget is that of so long a time, up to now'),
      leftPercent: z
        .number()
        .max(100)
        .describe('100 without traffic, negative when more than all was used'),
      knownPercent: z
        .number()
        .min(0)
        .max(100)
        .describe('How much of the window was looked at; what was not counts as good'),
      ...counts,
      burnRate: z
        .number()
        .min(0)
        .nullable()
        .describe(
          'In the last half hour; 1 uses exactly the budget in a window. Null without requests',
        ),
      lastRelease: z
        .strictObject({
          releaseId: z.string().describe('Id of the release'),
          burntPercent: z.number().min(0).describe('Of the whole budget'),
          ...counts,
        })
        .nullable()
        .describe('What green did in the last release that got traffic'),
      stops: z.string().nullable().describe('Why it lets no release begin, or null'),
      recoversAt: time
        .nullable()
        .describe(
          'When enough is left again at the rate of the last half hour; null when it is, or never',
        ),
    })
    .meta({ id: 'ErrorBudget', description: 'How the error budget of a service stands' }),
);
