import { z } from 'zod';
import type { ErrorAnswer, HealthAnswer } from '../../api.ts';
import { exactly } from '../exactly.ts';

/** `GET /healthz` */
export const health = exactly<HealthAnswer>()(
  z
    .strictObject({
      status: z.literal('ok'),
      version: z.string().describe('Of Verdigris'),
      api: z
        .int()
        .min(1)
        .describe('Counts up when a program written against the API has to change'),
    })
    .meta({ id: 'Health' }),
);

/** Every answer that is not a success. */
export const errorAnswer = exactly<ErrorAnswer>()(
  z
    .strictObject({
      error: z.strictObject({
        name: z.string().describe('From the error catalogue, or InternalError'),
        code: z
          .string()
          .regex(/^VG\d{3}$/)
          .describe('As stable as the name'),
        message: z.string().describe('The thing or path, the reason, what would be right'),
        details: z.record(z.string(), z.unknown()).exactOptional().describe('Facts for programs'),
      }),
    })
    .meta({ id: 'Error', description: 'An answer that is not a success' }),
);
