import { plainSetup } from './plain.ts';
import type { Act, CallFault, Contract, FaultKind, Moment, Schedule, Setup } from './schedule.ts';

/** What the harness found once, as small as it got: it must never come back. */
export interface Found {
  name: string;
  schedule: Schedule;
}

const unconditional = { ...plainSetup.router, isConditional: false };

function hit(contract: Contract, method: string, nth: number, kind: FaultKind): CallFault {
  return { contract, method, nth, kind };
}

const late = (afterSeconds: number, caller: 'gives-up' | 'waits'): FaultKind => ({
  type: 'late',
  afterSeconds,
  caller,
});

const inPhase = (phase: string, plusSeconds = 0): Moment => ({ at: 'phase', phase, plusSeconds });
const before = (contract: Contract, method: string, nth: number): Moment => ({
  at: 'call',
  edge: 'before',
  plusSeconds: 0,
  contract,
  method,
  nth,
});

const schedule = (setup: Partial<Setup>, faults: CallFault[], acts: Act[] = []): Schedule => ({
  setup: { ...plainSetup, ...setup },
  faults,
  acts,
});

/** Newest last. docs/decisions/016-fault-harness.md says how each was mended. */
export const found: readonly Found[] = [
  {
    name: 'a refusal that was decided before the release was admitted ends nothing',
    schedule: schedule({ platform: 'local', steps: [{ weight: 5, bake: '30s' }, 100] }, [
      hit('ledger', 'endRelease', 1, late(28, 'gives-up')),
    ]),
  },
  {
    name: 'a rollback of a stranded release goes by what the ledger knows by then',
    schedule: schedule(
      { platform: 'local', hasBlue: false, onBreach: 'hold', router: unconditional },
      [
        hit('engine', 'describe', 3, late(45, 'waits')),
        hit('function', 'rollback', 1, late(61, 'waits')),
      ],
    ),
  },
  {
    name: 'green that is made after its release has ended is removed, and that is told',
    schedule: schedule(
      {},
      [hit('environment', 'provision', 1, late(12, 'waits'))],
      [{ when: inPhase('provisioning', 1), what: { type: 'stop' } }],
    ),
  },
  {
    name: 'an approval whose answer was lost is told when the release ends',
    schedule: schedule({ approval: { count: 2, expiresInSeconds: 60, givenAfterSeconds: 5 } }, [
      hit('ledger', 'recordDecision', 2, { type: 'loses-answer' }),
    ]),
  },
  {
    name: 'a rollback waits for its own first write, where nobody can refuse it',
    schedule: schedule(
      { router: unconditional },
      [hit('router', 'apply', 2, late(20, 'gives-up'))],
      [
        { when: inPhase('watching', 30), what: { type: 'fire', alarm: 0 } },
        { when: inPhase('rolling-back', 1), what: { type: 'clear', alarm: 0 } },
        { when: inPhase('ended', 1), what: { type: 'release' } },
      ],
    ),
  },
  {
    name: 'a release that is held tells of its breach',
    schedule: schedule(
      {
        onBreach: 'hold',
        checkAnswers: ['pending', 'pass'],
        approval: { count: 1, expiresInSeconds: 60, givenAfterSeconds: null },
      },
      [],
      [{ when: inPhase('validating', 7), what: { type: 'edit', to: 'green' } }],
    ),
  },
  {
    name: 'a rollback that fails tells of its breach',
    schedule: schedule(
      {},
      [],
      [{ when: inPhase('watching', 30), what: { type: 'edit', to: 'stranger' } }],
    ),
  },
  {
    name: 'nothing is rolled back to a blue that was removed while somebody asked for it',
    schedule: schedule(
      {},
      [],
      [{ when: before('function', 'retire', 1), what: { type: 'rollback' } }],
    ),
  },
  {
    name: 'the removal of green is told although the ledger was down just then',
    schedule: schedule(
      {},
      [],
      [
        {
          when: before('environment', 'status', 1),
          what: { type: 'outage', contract: 'ledger', seconds: 400, throttles: false },
        },
      ],
    ),
  },
  {
    name: 'an admission that comes late does not take green for blue',
    schedule: schedule(
      { router: unconditional },
      [hit('function', 'admit', 1, late(20, 'gives-up'))],
      [
        {
          when: before('ledger', 'getWatch', 2),
          what: { type: 'outage', contract: 'ledger', seconds: 400, throttles: false },
        },
      ],
    ),
  },
  {
    name: 'a rollback that is stopped leaves word that green had traffic',
    schedule: schedule(
      { router: { ...unconditional, healthyAfterCalls: 2 } },
      [],
      [
        { when: before('ledger', 'listIntents', 2), what: { type: 'stop' } },
        { when: inPhase('rolling-back', 20), what: { type: 'stop' } },
      ],
    ),
  },
  {
    name: 'a token that is stored late does not hide the one that waits',
    schedule: schedule(
      { windowSeconds: 300, intervalSeconds: 60 },
      [hit('ledger', 'putWatch', 2, late(20, 'gives-up'))],
      [{ when: inPhase('watching', 25), what: { type: 'fire', alarm: 0 } }],
    ),
  },
  {
    name: 'a document that is saved late does not take the place of a later one',
    schedule: schedule(
      {},
      [hit('ledger', 'saveDocument', 1, late(130, 'gives-up'))],
      [
        {
          when: before('function', 'validate', 1),
          what: { type: 'outage', contract: 'ledger', seconds: 400, throttles: false },
        },
      ],
    ),
  },
  {
    name: 'an alarm that fires after the preparation and before the shift does not count',
    schedule: schedule(
      { alreadyFiring: 'ignore', router: { ...unconditional, healthyAfterCalls: 0 } },
      [],
      [{ when: before('signal', 'firing', 2), what: { type: 'fire', alarm: 0 } }],
    ),
  },
  {
    name: 'an admission that comes late lets nothing in under the epoch of a hold',
    schedule: schedule(
      { onBreach: 'hold', router: unconditional },
      [hit('function', 'admit', 1, late(130, 'gives-up'))],
      [
        {
          when: { at: 'time', seconds: 0 },
          what: { type: 'outage', contract: 'engine', seconds: 400, throttles: false },
        },
      ],
    ),
  },
];
