import { z } from 'zod';
import type { CheckRun, ChecksAnswer, ListedCheck } from '../../api.ts';
import { exactly } from '../exactly.ts';
import { environmentRef, facts, service } from './parts.ts';

const check = {
  kind: z.string().describe('The kind of check, as the manifest names it'),
  isCritical: z.boolean().describe('Whether its failure stops a release'),
};

const listedCheck = exactly<ListedCheck>()(
  z
    .strictObject({
      name: z.string().describe('Unique within the manifest'),
      ...check,
      timeoutSeconds: z.number().min(0),
    })
    .meta({ id: 'ListedCheck', description: 'A check that a service asks for' }),
);

/** `GET /api/services/{service}/checks` */
export const checks = exactly<ChecksAnswer>()(
  z
    .strictObject({ service, checks: z.array(listedCheck).describe("In the manifest's order") })
    .meta({ id: 'Checks' }),
);

/** `POST /api/services/{service}/checks` */
export const checkRun = exactly<CheckRun>()(
  z
    .strictObject({
      service,
      check: z.string().describe('Its name in the manifest'),
      ...check,
      isPreflight: z.boolean().describe('Before anything is provisioned'),
      verdict: z
        .enum(['pass', 'warn', 'fail', 'pending', 'skipped'])
        .describe('`skipped`: it needs a green environment. `pending`: ask again'),
      summary: z.string().describe('One line'),
      evidence: facts.describe('What was compared, numbers and samples, without secrets'),
      retryAfterSeconds: z.number().min(0).nullable().describe('Null unless it is pending'),
      releaseId: z
        .string()
        .nullable()
        .describe('The release that runs, or that made what is live; null where there is none'),
      blue: environmentRef.nullable().describe('What green was compared with'),
      green: environmentRef.nullable().describe('What was looked at; null in a preflight'),
      tookMs: z.int().min(0).describe('Milliseconds'),
    })
    .meta({ id: 'CheckRun', description: 'What came of a check' }),
);
