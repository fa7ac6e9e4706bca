import { z } from 'zod';
import type { Mark, MeasuredPoint, ReleaseMetrics } from '../../api.ts';
import { exactly } from '../exactly.ts';
import { time } from './parts.ts';

const point = exactly<MeasuredPoint>()(
  z
    .strictObject({
      at: time.describe('The beginning of the stretch'),
      requests: z.number().min(0).describe('How many there were'),
      errors: z.number().min(0).describe("How many of them failed on the server's side"),
      latencyMs: z
        .strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })
        .nullable()
        .describe('Null when there were no requests'),
    })
    .meta({ id: 'MeasuredPoint', description: 'What one side did in one stretch of time' }),
);

const mark = exactly<Mark>()(
  z
    .strictObject({
      at: time.describe('When it was'),
      kind: z.enum(['shift', 'verdict', 'breach', 'end']).describe('What it was'),
      label: z.string().describe('One sentence'),
    })
    .meta({ id: 'Mark', description: 'A moment that belongs into a chart of a release' }),
);

/** `GET /api/releases/{id}/metrics` */
export const releaseMetrics = exactly<ReleaseMetrics>()(
  z
    .strictObject({
      from: time.describe('The first moment that is asked for'),
      to: time.describe('The last one; now while the release runs'),
      periodSeconds: z.number().describe('Length of a point'),
      blue: z.array(point).describe('Oldest first; stretches without requests have none'),
      green: z.array(point).describe('The same'),
      marks: z.array(mark).describe('Oldest first'),
      unavailable: z.string().nullable().describe('Why there are no points'),
    })
    .meta({ id: 'ReleaseMetrics', description: 'Blue and green side by side' }),
);
