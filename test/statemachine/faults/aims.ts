import fc from 'fast-check';
import { plainSetup } from './plain.ts';
import type {
  Act,
  CallFault,
  Contract,
  Deed,
  FaultKind,
  Moment,
  Schedule,
  Setup,
} from './schedule.ts';

/**
 * Schedules that are aimed at what takes little time: two things that have to meet within a second or
 * two, which evenly drawn ones rarely do. Their numbers are drawn as well.
 */

const late = (afterSeconds: number): FaultKind => ({
  type: 'late',
  afterSeconds,
  caller: 'gives-up',
});

function hit(contract: Contract, method: string, nth: number, kind: FaultKind): CallFault {
  return { contract, method, nth, kind };
}

function atCall(contract: Contract, method: string, nth: number, plusSeconds = 0): Moment {
  return { at: 'call', edge: 'before', plusSeconds, contract, method, nth };
}

const inPhase = (phase: string, plusSeconds: number): Moment => ({
  at: 'phase',
  phase,
  plusSeconds,
});

const act = (when: Moment, what: Deed): Act => ({ when, what });

const schedule = (setup: Partial<Setup>, faults: CallFault[], acts: Act[]): Schedule => ({
  setup: { ...plainSetup, ...setup },
  faults,
  acts,
});

const platform = fc.constantFrom('aws' as const, 'local' as const);
const comparesNothing = { ...plainSetup.router, isConditional: false };

/** A shift that was presumed dead arrives around the rollback that undoes its repetition. */
const lateShift = fc
  .record({ platform, afterSeconds: fc.integer({ min: 1, max: 40 }), when: fc.nat(30) })
  .chain(({ platform, afterSeconds, when }) =>
    fc
      .constantFrom('rollback' as const, 'stop' as const)
      .map((type) =>
        schedule(
          { platform, router: comparesNothing },
          [hit('router', 'apply', 1, late(afterSeconds))],
          [act(inPhase('watching', when), { type })],
        ),
      ),
  );

/** A rollback's own first write arrives after the next release has shifted. */
const lateRestoration = fc
  .record({
    platform,
    afterSeconds: fc.integer({ min: 2, max: 29 }),
    when: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ platform, afterSeconds, when }) =>
    schedule(
      { platform, router: comparesNothing },
      [hit('router', 'apply', 2, late(afterSeconds))],
      [
        act(inPhase('watching', when), { type: 'rollback' }),
        act(inPhase('ended', 1), { type: 'release' }),
      ],
    ),
  );

/** A cutover that was presumed dead wakes up while a rollback without a breach waits for its route. */
const lateCutover = fc
  .record({
    afterSeconds: fc.integer({ min: 1, max: 12 }),
    verifyCalls: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ afterSeconds, verifyCalls }) =>
    schedule(
      { router: { ...plainSetup.router, verifyCalls } },
      [
        hit('function', 'cutover', 1, late(afterSeconds)),
        hit('function', 'watchWindow', 1, { type: 'caller-dies' }),
        hit('function', 'watchWindow', 2, { type: 'caller-dies' }),
      ],
      [],
    ),
  );

/** Somebody asks for a rollback of a completed release while its blue is being retired. */
const lostBlue = fc
  .record({
    platform,
    retireAfterCalls: fc.nat(2),
    when: fc.constantFrom(
      atCall('function', 'retire', 1),
      atCall('environment', 'retire', 1),
      atCall('ledger', 'acquireLock', 2),
      atCall('ledger', 'releaseLock', 2),
      atCall('ledger', 'reopenRelease', 1),
      inPhase('ended', 60),
    ),
    delay: fc.constantFrom(null, late(2), late(5)),
  })
  .map(({ platform, retireAfterCalls, when, delay }) =>
    schedule(
      { platform, retireAfterCalls },
      delay
        ? [
            {
              ...hit('ledger', 'reopenRelease', 1, delay),
              kind: { ...delay, caller: 'waits' } as FaultKind,
            },
          ]
        : [],
      [act(when, { type: 'rollback' })],
    ),
  );

/** An alarm fires just before the window closes, and its word is lost. */
const unheardAlarm = fc
  .record({
    platform,
    beforeEnd: fc.nat(6),
    kind: fc.constantFrom<FaultKind>({ type: 'fails' }, late(28), late(90)),
  })
  .map(({ platform, beforeEnd, kind }) =>
    schedule(
      { platform },
      [hit('function', 'onAlarm', 1, kind)],
      [act(inPhase('watching', 60 - beforeEnd), { type: 'fire', alarm: 0 })],
    ),
  );

/** A breach comes in at any moment at which no token waits for it. */
const breachBetween = fc
  .record({
    platform,
    when: fc.oneof(
      fc.constantFrom(
        ...(['provision', 'validate', 'cutover', 'judge', 'complete'] as const).map((it) =>
          atCall('function', it, 1),
        ),
      ),
      fc.constantFrom(
        inPhase('provisioning', 0),
        inPhase('validating', 0),
        inPhase('completing', 0),
      ),
      fc.constantFrom(atCall('function', 'judge', 3), atCall('ledger', 'putWatch', 3)),
    ),
    what: fc.constantFrom<Deed>({ type: 'rollback' }, { type: 'fire', alarm: 0 }),
    readyAfterCalls: fc.nat(2),
  })
  .map(({ platform, when, what, readyAfterCalls }) =>
    schedule(
      { platform, readyAfterCalls, steps: [{ weight: 20, bake: '30s' }, 100] },
      [],
      [act(when, what)],
    ),
  );

/** A preparation that was presumed dead arrives around the shift, or the next release's. */
const latePreparation = fc
  .record({
    platform,
    method: fc.constantFrom(['prepare', 1] as const, ['detach', 1] as const),
    afterSeconds: fc.integer({ min: 1, max: 12 }),
    healthyAfterCalls: fc.nat(2),
  })
  .map(({ platform, method: [method, nth], afterSeconds, healthyAfterCalls }) =>
    schedule(
      { platform, retainSeconds: 60, router: { ...comparesNothing, healthyAfterCalls } },
      [hit('router', method, nth, late(afterSeconds))],
      method === 'detach' ? [act(atCall('function', 'retire', 1), { type: 'release' })] : [],
    ),
  );

/** One of them, all alike. */
export const aimed: fc.Arbitrary<Schedule> = fc.oneof(
  lateShift,
  lateRestoration,
  lateCutover,
  lostBlue,
  unheardAlarm,
  breachBetween,
  latePreparation,
);
