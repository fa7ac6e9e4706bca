import { z } from 'zod';
import type { Freeze } from '../../../ledger/ledger.ts';
import type { FreezesAnswer, UnfreezeAnswer } from '../../api.ts';
import { exactly } from '../exactly.ts';
import { time, who } from './parts.ts';

const scope = z.string().describe("A service's name, or `*` for all");

/** `PUT /api/freezes/{scope}` */
export const freeze = exactly<Freeze>()(
  z
    .strictObject({
      scope,
      reason: z.string().describe('Why, as releases that are refused repeat it'),
      by: who.describe('Who froze it'),
      at: time.describe('Since when'),
    })
    .meta({ id: 'Freeze', description: 'A time in which no release may start' }),
);

/** `GET /api/freezes` */
export const freezes = exactly<FreezesAnswer>()(
  z.strictObject({ freezes: z.array(freeze) }).meta({ id: 'Freezes' }),
);

/** `DELETE /api/freezes/{scope}` */
export const unfreeze = exactly<UnfreezeAnswer>()(
  z
    .strictObject({ scope, lifted: z.boolean().describe('False when there was no freeze') })
    .meta({ id: 'Unfreeze' }),
);
