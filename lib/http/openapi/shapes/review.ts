import { z } from 'zod';
import { artifactSchema } from '../../../release/artifact.ts';
import type { Change, CheckEffects, CheckResult, ReviewAnswer } from '../../api.ts';
import { exactly } from '../exactly.ts';
import { errorBudget } from './error-budget.ts';
import { anyJson, breach, decision, service, time, who } from './parts.ts';

const change = exactly<Change>()(
  z
    .strictObject({
      path: z.string().describe('As in a manifest: `watch.interval`'),
      before: anyJson.describe('Null where it was not there'),
      after: anyJson.describe('Null where it is no longer there'),
    })
    .meta({ id: 'Change', description: 'One thing that is different; durations are in words' }),
);

const checkEffects = exactly<CheckEffects>()(
  z
    .strictObject({
      holdOnBreach: z.string().exactOptional().describe('Why blue could not take traffic back'),
      observabilityCoverage: z
        .number()
        .min(0)
        .max(100)
        .exactOptional()
        .describe('What of the telemetry asked for green has, in percent'),
    })
    .meta({ id: 'CheckEffects', description: 'What a verdict changes about the release' }),
);

const check = exactly<CheckResult>()(
  z
    .strictObject({
      name: z.string().describe('As the manifest names it'),
      verdict: z.enum(['pass', 'warn', 'fail']).describe('What it came to'),
      isCritical: z.boolean().describe('Whether its failure stops the release'),
      summary: z.string().describe('One sentence'),
      effects: checkEffects.exactOptional().describe('Absent where it changes nothing'),
    })
    .meta({ id: 'CheckResult', description: 'What a check said of green' }),
);

/** `GET /api/releases/{id}/review` */
export const review = exactly<ReviewAnswer>()(
  z
    .strictObject({
      releaseId: z.string().describe('Id of the release'),
      service,
      requestedBy: who.describe('Who asked for it'),
      requestedAt: time.describe('When they did'),
      state: z
        .enum(['not-asked', 'expired', 'open', 'approved', 'rejected', 'closed'])
        .describe('`not-asked` before people are, and where nobody has to be'),
      requiredCount: z.int().min(0).describe('How many must approve; 0 when nobody has to'),
      separateDuties: z.boolean().describe('Whether who asked for it may not approve it'),
      expiresAt: time.nullable().describe('Null before people are asked'),
      decisions: z.array(decision).describe('One for each person'),
      canDecide: z.boolean().describe('Whether the caller can approve it now'),
      whyNot: z.string().nullable().describe('If not, why'),
      canReject: z.boolean().describe('Whether they can reject it'),
      comparedWith: z
        .string()
        .nullable()
        .describe('The release before it that completed last, with which it is compared'),
      artifact: z
        .strictObject({ before: artifactSchema.nullable(), after: artifactSchema })
        .describe('What was released then, and now'),
      changes: z.array(change).describe('What the manifest says otherwise than then'),
      checks: z.array(check).describe('What was checked'),
      errorBudget: errorBudget.nullable().describe('Null where the manifest has no slo'),
      breach: breach.nullable().describe('Why it has to be undone'),
    })
    .meta({ id: 'Review', description: 'What an approver has to know' }),
);
