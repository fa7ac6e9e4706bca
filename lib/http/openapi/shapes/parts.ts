import { z } from 'zod';
import type { Decision } from '../../../ledger/ledger.ts';
import {
  type Breach,
  breachKinds,
  type EnvironmentRef,
  outcomes,
  phases,
  type Weights,
} from '../../../release/document.ts';
import type { Json, JsonObject } from '../../../release/json.ts';
import { exactly } from '../exactly.ts';

/** What several answers are made of. */

/** An ISO 8601 time in UTC. */
export const time = z.iso.datetime();

export const service = z.string().describe('Name of the service');
export const phase = z.enum(phases).describe('Where the release stands');
export const outcome = z.enum(outcomes).describe('How it ended');
export const who = z.string().describe('A person, a program, or a part of the conductor');

/** Whole percent per environment id. */
export const weights = exactly<Weights>()(
  z
    .record(z.string(), z.int().min(0).max(100))
    .meta({ id: 'Weights', description: 'Whole percent of the traffic per environment id' }),
);

export const environmentRef = exactly<EnvironmentRef>()(
  z
    .strictObject({
      id: z.string().describe('Unique within the service'),
      kind: z.string().describe('The kind of environment, as the manifest names it'),
      version: z.string().describe('Of the artifact; `unknown` for what was live before Verdigris'),
      address: z.string().nullable().describe('Where checks reach it directly'),
      attributes: z.record(z.string(), z.string()).describe('How its adapter finds it again'),
    })
    .meta({ id: 'Environment', description: 'One running copy of a service' }),
);

/** Facts for programs, whatever they are. */
export const facts = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

/** Any value that JSON has. */
export const anyJson = z.unknown() as unknown as z.ZodType<Json>;

export const breach = exactly<Breach>()(
  z
    .strictObject({
      kind: z.enum(breachKinds).describe('What found it'),
      reason: z.string().describe('One sentence with the numbers'),
      detectedAt: time.describe('When the conductor learnt of it'),
      by: who.describe('`alarm:<name>`, `judge`, or a person'),
    })
    .meta({ id: 'Breach', description: 'Why a release has to be undone' }),
);

export const decision = exactly<Decision>()(
  z
    .strictObject({
      by: who.describe('Who decided'),
      decision: z.enum(['approve', 'reject']).describe('What they said'),
      reason: z.string().nullable().describe('Why, where they said so'),
      at: time.describe('When they decided'),
    })
    .meta({ id: 'Decision', description: 'What one person said' }),
);
