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

/**
 * A cutover that was presumed dead reads the route once the rollback has put it back, which is what it
 * expects. Only the epoch keeps it from going on.
 */
const lateRead = fc
  .record({
    afterSeconds: fc.integer({ min: 59, max: 66 }),
    verifyCalls: fc.integer({ min: 1, max: 4 }),
    nth: fc.integer({ min: 3, max: 4 }),
  })
  .map(({ afterSeconds, verifyCalls, nth }) =>
    schedule(
      { router: { ...plainSetup.router, verifyCalls } },
      [
        hit('router', 'apply', 1, { type: 'loses-answer' }),
        hit('router', 'read', nth, { type: 'late', afterSeconds, caller: 'waits' }),
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

/** A preparation that was presumed dead arrives around the shift. */
const latePreparation = fc
  .record({
    platform,
    afterSeconds: fc.integer({ min: 1, max: 12 }),
    healthyAfterCalls: fc.nat(2),
  })
  .map(({ platform, afterSeconds, healthyAfterCalls }) =>
    schedule(
      { platform, router: { ...comparesNothing, healthyAfterCalls } },
      [hit('router', 'prepare', 1, late(afterSeconds))],
      [],
    ),
  );

/** Blue is taken out of the route by a call that was presumed dead, and somebody wants it back. */
const lateDetaching = fc
  .record({
    platform,
    afterSeconds: fc.integer({ min: 1, max: 9 }),
    plusSeconds: fc.nat(4),
    isConditional: fc.constantFrom(false, false, true),
  })
  .map(({ platform, afterSeconds, plusSeconds, isConditional }) =>
    schedule(
      { platform, router: { ...plainSetup.router, isConditional, healthyAfterCalls: 0 } },
      [hit('router', 'detach', 1, late(afterSeconds))],
      [act(atCall('router', 'detach', 1, plusSeconds), { type: 'rollback' })],
    ),
  );

/** A word that a request is refused, decided before it was let in, arrives when it runs. */
const lateRefusal = fc
  .integer({ min: 1, max: 90 })
  .map((afterSeconds) =>
    schedule(
      { platform: 'local', steps: [{ weight: 5, bake: '30s' }, 100] },
      [hit('ledger', 'endRelease', 1, late(afterSeconds))],
      [],
    ),
  );

/** A recovery that goes by what it knew before it had the lock. */
const lateRecovery = fc
  .record({
    nth: fc.integer({ min: 1, max: 4 }),
    first: fc.constantFrom(20, 28, 45, 61),
    second: fc.constantFrom(28, 45, 61, 70),
    onBreach: fc.constantFrom('hold' as const, 'rollback' as const),
    hasBlue: fc.boolean(),
  })
  .map(({ nth, first, second, onBreach, hasBlue }) =>
    schedule(
      { platform: 'local', hasBlue, onBreach, router: comparesNothing },
      [
        hit('engine', 'describe', nth, { type: 'late', afterSeconds: first, caller: 'waits' }),
        hit('function', 'rollback', 1, { type: 'late', afterSeconds: second, caller: 'waits' }),
      ],
      [],
    ),
  );

/** An admission that was presumed dead finds green live; then nobody can say otherwise. */
const lateAdmission = fc
  .record({
    platform,
    afterSeconds: fc.integer({ min: 2, max: 50 }),
    nth: fc.integer({ min: 2, max: 4 }),
  })
  .map(({ platform, afterSeconds, nth }) =>
    schedule(
      { platform },
      [hit('function', 'admit', 1, late(afterSeconds))],
      [
        act(atCall('ledger', 'getWatch', nth), {
          type: 'outage',
          contract: 'ledger',
          seconds: 400,
          throttles: false,
        }),
      ],
    ),
  );

/** A document of an early step is saved late; meanwhile nobody else can write. */
const lateDocument = fc
  .record({
    platform,
    nth: fc.integer({ min: 1, max: 3 }),
    afterSeconds: fc.constantFrom(61, 90, 130),
    step: fc.constantFrom('provision', 'validate', 'cutover'),
  })
  .map(({ platform, nth, afterSeconds, step }) =>
    schedule(
      { platform },
      [hit('ledger', 'saveDocument', nth, late(afterSeconds))],
      [
        act(atCall('function', step, 1), {
          type: 'outage',
          contract: 'ledger',
          seconds: 400,
          throttles: false,
        }),
      ],
    ),
  );

/** A cutover is stopped while its shift is under way, and so is the rollback that follows. */
const stoppedTwice = fc
  .record({
    afterSeconds: fc.integer({ min: 1, max: 4 }),
    plusSeconds: fc.integer({ min: 5, max: 28 }),
    caller: fc.constantFrom('waits' as const, 'gives-up' as const),
  })
  .map(({ afterSeconds, plusSeconds, caller }) =>
    schedule(
      { router: comparesNothing },
      [hit('router', 'apply', 1, { type: 'late', afterSeconds, caller })],
      [
        act(atCall('router', 'apply', 1), { type: 'stop' }),
        act(inPhase('rolling-back', plusSeconds), { type: 'stop' }),
      ],
    ),
  );

/** A task token is stored after the one that came after it, and an alarm goes off just then. */
const lateToken = fc
  .record({
    platform,
    hidden: fc.constantFrom(
      ['ledger', 'putWatch', 2] as const,
      ['ledger', 'putWatch', 3] as const,
      ['function', 'watchWindow', 1] as const,
    ),
    afterSeconds: fc.integer({ min: 2, max: 28 }),
    plusSeconds: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ platform, hidden: [contract, method, nth], afterSeconds, plusSeconds }) =>
    schedule(
      { platform, windowSeconds: 300, intervalSeconds: 60 },
      [hit(contract, method, nth, late(afterSeconds))],
      [
        act(atCall(contract, method, nth, afterSeconds + plusSeconds), {
          type: 'fire',
          alarm: 0,
        }),
      ],
    ),
  );

/** One of them, all alike. */
export const aimed: fc.Arbitrary<Schedule> = fc.oneof(
  lateShift,
  lateRestoration,
  lateRead,
  lostBlue,
  unheardAlarm,
  breachBetween,
  latePreparation,
  lateDetaching,
  lateRefusal,
  lateRecovery,
  lateAdmission,
  lateDocument,
  stoppedTwice,
  lateToken,
);
