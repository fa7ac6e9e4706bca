import { z } from 'zod';
import { innerEventTypes, publicEventTypes, type ReleaseEvent } from '../../../release/events.ts';
import type { ReleaseStatus, Timings } from '../../../release/status.ts';
import type { Verification } from '../../../release/verification.ts';
import type { ApprovalAnswer, ReleaseSummary, ReleasesAnswer } from '../../api.ts';
import { exactly } from '../exactly.ts';
import {
  breach,
  decision,
  environmentRef,
  facts,
  outcome,
  phase,
  service,
  time,
  weights,
  who,
} from './parts.ts';

const milliseconds = z.int().nullable();
const percent = z.number().min(0).max(100).nullable();

const timings = exactly<Timings>()(
  z
    .strictObject({
      cutoverMs: milliseconds.describe('Request to all traffic on green'),
      detectToRestoredMs: milliseconds.describe('Breach learnt of to all traffic back on blue'),
      totalMs: milliseconds.describe('Request to the end'),
    })
    .meta({ id: 'Timings', description: 'Milliseconds; null until both ends are known' }),
);

const event = exactly<ReleaseEvent>()(
  z
    .strictObject({
      id: z.string().describe('The same happening has the same id'),
      type: z.enum([...publicEventTypes, ...innerEventTypes]).describe('What happened'),
      releaseId: z.string().nullable().describe('Null for what belongs to a service'),
      service: service.describe('Name of the service, or `*`'),
      at: time.describe('When it happened'),
      by: who.describe('Who asked: a person, `artifact`, `alarm:<name>`, or `conductor`'),
      summary: z.string().describe('One sentence for people'),
      data: facts.describe('Facts and evidence'),
    })
    .meta({ id: 'Event', description: 'Something that happened' }),
);

const verification = exactly<Verification>()(
  z
    .strictObject({
      asked: z.int().min(0).describe('How many checks the manifest asks for'),
      passed: z.int().min(0),
      warned: z.int().min(0),
      failed: z.int().min(0),
      passRate: percent.describe('Of the checks with a verdict: passed without a warning'),
      observabilityCoverage: percent.describe('What of the telemetry asked for green has'),
    })
    .meta({ id: 'Verification', description: "How green's checks went; rates in percent" }),
);

/** What a summary and a status have in common. */
const release = {
  releaseId: z.string().describe('Id of the release'),
  service,
  version: z.string().describe('Of the artifact'),
  phase,
  outcome: outcome.nullable().describe('How it ended; null while it runs'),
  reason: z.string().nullable().describe('Why it ended as it did'),
  requestedBy: who.describe('Who asked for it'),
  blue: environmentRef.nullable().describe('What was live when it began; null for the first'),
  green: environmentRef.nullable().describe('The candidate; null until there is one'),
  timings,
};

/** `GET /api/releases/{id}` and everything that changes a release. */
export const releaseStatus = exactly<ReleaseStatus>()(
  z
    .strictObject({
      ...release,
      verification,
      breach: breach.nullable().describe('Why it has to be undone, or had to be'),
      traffic: weights.describe('Read from the router just now'),
      watch: z
        .strictObject({ startedAt: time, endsAt: time })
        .nullable()
        .describe('Present while a window is open'),
      events: z.array(event).describe('In the order in which they were written down'),
    })
    .meta({ id: 'ReleaseStatus', description: 'A release, with its events and the live traffic' }),
);

const releaseSummary = exactly<ReleaseSummary>()(
  z
    .strictObject({
      ...release,
      requestedAt: time.describe('When it was asked for'),
      endedAt: time.nullable().describe('Null while it runs'),
    })
    .meta({ id: 'ReleaseSummary', description: 'A release in a list' }),
);

/** `GET /api/releases` */
export const releases = exactly<ReleasesAnswer>()(
  z
    .strictObject({ releases: z.array(releaseSummary).describe('Newest first') })
    .meta({ id: 'Releases' }),
);

/** `POST …/approve` and `…/reject` */
export const approval = exactly<ApprovalAnswer>()(
  z
    .strictObject({
      releaseId: z.string().describe('Id of the release'),
      requiredCount: z.int().min(1).describe('How many different people must approve'),
      requestedAt: time.describe('When people were asked'),
      expiresAt: time.describe('Afterwards the release is discarded'),
      state: z
        .enum(['open', 'approved', 'rejected', 'closed'])
        .describe('`approved` when enough said so, `rejected` when one did'),
      barred: who
        .nullable()
        .describe('Whose yes is refused, where duties are separate; null for nobody'),
      decisions: z.array(decision).describe('One for each person'),
    })
    .meta({ id: 'Approval', description: 'Whether people agree, and who said what' }),
);
