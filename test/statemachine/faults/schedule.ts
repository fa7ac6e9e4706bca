import fc from 'fast-check';
import { routerProfiles } from './router-profiles.ts';

/** What can go wrong, and what people and alarms do meanwhile: one run of the harness. Times in seconds. */
export interface Schedule {
  setup: Setup;
  faults: CallFault[];
  acts: Act[];
}

/** The manifest that is released, and the world it is released in. */
export interface Setup {
  /** `aws`: functions die one by one. `local`: one process, which can be killed and started again. */
  platform: 'aws' | 'local';
  steps: (number | { weight: number; bake: string })[];
  windowSeconds: number;
  intervalSeconds: number;
  /**
   * Ann, who asked for the release, Bob and Cem approve so long after that; null leaves it to the acts.
   * With separate duties Ann may not.
   */
  approval: {
    count: number;
    expiresInSeconds: number;
    givenAfterSeconds: number | null;
    hasSeparateDuties?: boolean;
  } | null;
  onBreach: 'rollback' | 'hold';
  retainSeconds: number;
  alreadyFiring: 'refuse' | 'ignore';
  hasCompare: boolean;
  /** Of one critical check, in order; the last one is given again and again. */
  checkAnswers: ('pass' | 'warn' | 'fail' | 'pending')[];
  /** False on the first release of a service. */
  hasBlue: boolean;
  router: RouterSetup;
  readyAfterCalls: number;
  /** So many looks find green still growing before its first traffic. */
  liveAfterCalls: number;
  retireAfterCalls: number;
}

/** What the router's provider can do, and how long it takes. */
export interface RouterSetup {
  isConditional: boolean;
  isAtomic: boolean;
  /** False in a router that can only send all traffic to one side. */
  supportsWeights: boolean;
  verifyCalls: number;
  propagationSeconds: number;
  /** How many looks find the route not ready yet once it is prepared; null where nothing has to be. */
  healthyAfterCalls: number | null;
}

/** The contracts whose calls can be hit; `function` is a function itself. */
export const contracts = [
  'ledger',
  'router',
  'environment',
  'signal',
  'metrics',
  'notifier',
  'engine',
  'check',
  'function',
] as const;
export type Contract = (typeof contracts)[number];

/** The nth call (from 1) of that method in the whole run. */
export interface Call {
  contract: Contract;
  method: string;
  nth: number;
}

/** One call that goes wrong. */
export interface CallFault extends Call {
  kind: FaultKind;
}
export type FaultKind =
  /** Before it has an effect. */
  | { type: 'fails' }
  /** It has its effect, the answer is lost. */
  | { type: 'loses-answer' }
  /** It happens twice in a row. */
  | { type: 'twice' }
  /** It has its effect only so much later; its caller gives up at once, or waits for it. */
  | { type: 'late'; afterSeconds: number; caller: 'gives-up' | 'waits' }
  /** Whoever calls is gone from here on: the function dies in the middle of its work. */
  | { type: 'caller-dies' }
  /** Of `router.apply`, where that is not atomic: it breaks off half way. Elsewhere it fails. */
  | { type: 'breaks-off' };

/** When something is done. */
export type Moment =
  | { at: 'time'; seconds: number }
  | { at: 'phase'; phase: string; plusSeconds: number }
  | ({ at: 'call'; edge: 'before' | 'after'; plusSeconds: number } & Call);

/** Something that is done at a moment. */
export interface Act {
  when: Moment;
  what: Deed;
}
export type Deed =
  | { type: 'fire' | 'clear'; alarm: number }
  | { type: 'degrade' | 'heal' }
  | { type: 'approve' | 'reject'; by: string }
  | { type: 'rollback' | 'hold' | 'stop' | 'sweep' | 'repair' }
  | { type: 'release' }
  | { type: 'resume'; decision: 'continue' | 'rollback' }
  | { type: 'edit'; to: 'blue' | 'green' | 'stranger' | 'split' }
  | { type: 'retire'; side: 'blue' | 'green' }
  | { type: 'kill'; downSeconds: number }
  | { type: 'outage'; contract: Contract; seconds: number; throttles: boolean };

/** Methods that are worth a fault, with how many calls of a run are worth it. */
const targets: [Contract, string, number][] = [
  ['router', 'apply', 5],
  ['router', 'apply', 5],
  ['router', 'read', 10],
  ['router', 'verify', 6],
  ['router', 'readiness', 4],
  ['router', 'prepare', 2],
  ['router', 'detach', 2],
  ['router', 'tidy', 2],
  ['ledger', 'acquireLock', 4],
  ['ledger', 'raiseEpoch', 3],
  ['ledger', 'recordIntent', 3],
  ['ledger', 'recordIntent', 3],
  ['ledger', 'listIntents', 3],
  ['ledger', 'saveDocument', 12],
  ['ledger', 'endRelease', 3],
  ['ledger', 'reopenRelease', 2],
  ['ledger', 'appendEvent', 30],
  ['ledger', 'putWatch', 6],
  ['ledger', 'getWatch', 8],
  ['ledger', 'recordBreach', 3],
  ['ledger', 'getBreach', 16],
  ['ledger', 'getRelease', 25],
  ['ledger', 'openApproval', 2],
  ['ledger', 'recordDecision', 3],
  ['ledger', 'getApproval', 4],
  ['ledger', 'listEvents', 5],
  ['ledger', 'releaseLock', 2],
  ['ledger', 'createRelease', 3],
  ['ledger', 'getLock', 4],
  ['environment', 'provision', 3],
  ['environment', 'provision', 3],
  ['environment', 'status', 4],
  ['environment', 'ofRelease', 3],
  ['environment', 'retire', 4],
  ['environment', 'goLive', 3],
  ['environment', 'lookup', 2],
  ['signal', 'firing', 10],
  ['metrics', 'samples', 8],
  ['notifier', 'send', 8],
  ['engine', 'start', 5],
  ['engine', 'fail', 3],
  ['engine', 'succeed', 2],
  ['engine', 'describe', 5],
  ['engine', 'stop', 2],
  ['check', 'run', 3],
  ['function', 'admit', 2],
  ['function', 'provision', 3],
  ['function', 'validate', 3],
  ['function', 'requestApproval', 2],
  ['function', 'cutover', 4],
  ['function', 'cutover', 4],
  ['function', 'watchWindow', 5],
  ['function', 'judge', 5],
  ['function', 'complete', 3],
  ['function', 'discard', 3],
  ['function', 'rollback', 4],
  ['function', 'hold', 3],
  ['function', 'reportRollbackFailed', 2],
  ['function', 'retire', 3],
  ['function', 'onAlarm', 2],
  ['function', 'onExecutionEnded', 3],
];

/** Every `contract.method` that a schedule may hit. */
export const targetNames: ReadonlySet<string> = new Set(targets.map(([c, m]) => `${c}.${m}`));

const seconds = (min: number, max: number) => fc.integer({ min, max });

const call: fc.Arbitrary<Call> = fc.constantFrom(...targets).chain(([contract, method, most]) =>
  fc.record({
    contract: fc.constant(contract),
    method: fc.constant(method),
    nth: fc.integer({ min: 1, max: most }),
  }),
);

const late = fc.record({
  type: fc.constant('late' as const),
  afterSeconds: fc.constantFrom(1, 5, 12, 20, 28, 45, 61, 70, 90, 130),
  caller: fc.constantFrom('gives-up' as const, 'waits' as const),
});

const faultKind: fc.Arbitrary<FaultKind> = fc.oneof(
  fc.constant({ type: 'fails' as const }),
  fc.constant({ type: 'loses-answer' as const }),
  fc.constant({ type: 'twice' as const }),
  fc.constant({ type: 'caller-dies' as const }),
  fc.constant({ type: 'breaks-off' as const }),
  { weight: 4, arbitrary: late },
);

/** Calls that move traffic, and come late: what rule 4 is about. */
const zombie: fc.Arbitrary<CallFault> = fc
  .record({
    contract: fc.constantFrom('router' as const, 'ledger' as const, 'function' as const),
    method: fc.constant(''),
    nth: fc.integer({ min: 1, max: 3 }),
    kind: late,
  })
  .map((it) => ({
    ...it,
    method: { router: 'apply', ledger: 'recordIntent', function: 'cutover' }[it.contract],
  }));

const fault: fc.Arbitrary<CallFault> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(call, faultKind).map(([hit, kind]) => ({ ...hit, kind })) },
  { weight: 1, arbitrary: zombie },
);

const moment: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ at: fc.constant('time' as const), seconds: seconds(0, 900) }),
  fc.record({
    at: fc.constant('phase' as const),
    phase: fc.constantFrom(
      'provisioning',
      'validating',
      'awaiting-approval',
      'cutting-over',
      'watching',
      'watching',
      'completing',
      'rolling-back',
      'ended',
    ),
    plusSeconds: fc.constantFrom(0, 0, 1, 7, 30, 65),
  }),
  fc
    .tuple(
      call,
      fc.constantFrom('before' as const, 'after' as const),
      fc.constantFrom(0, 0, 0, 2, 15),
    )
    .map(([hit, edge, plusSeconds]) => ({ at: 'call' as const, edge, plusSeconds, ...hit })),
);

const person = fc.constantFrom('ann', 'bob', 'cat');
const one = <T extends string>(type: T) => fc.constant({ type });

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('fire' as const), alarm: seconds(0, 1) }) },
  fc.record({ type: fc.constant('clear' as const), alarm: seconds(0, 1) }),
  fc.oneof(one('degrade'), one('heal')),
  { weight: 3, arbitrary: fc.record({ type: fc.constant('approve' as const), by: person }) },
  fc.record({ type: fc.constant('reject' as const), by: person }),
  { weight: 2, arbitrary: one('rollback') },
  one('hold'),
  { weight: 2, arbitrary: one('stop') },
  fc.oneof(one('sweep'), one('repair')),
  { weight: 2, arbitrary: one('release') },
  fc.record({
    type: fc.constant('resume' as const),
    decision: fc.constantFrom('continue' as const, 'rollback' as const),
  }),
  fc.record({
    type: fc.constant('edit' as const),
    to: fc.constantFrom('blue' as const, 'green' as const, 'stranger' as const, 'split' as const),
  }),
  fc.record({
    type: fc.constant('retire' as const),
    side: fc.constantFrom('blue' as const, 'green' as const),
  }),
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('kill' as const),
      downSeconds: fc.constantFrom(0, 3, 40),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('outage' as const),
      contract: fc.constantFrom(
        'ledger' as const,
        'ledger' as const,
        'router' as const,
        'notifier' as const,
        'metrics' as const,
        'signal' as const,
        'environment' as const,
        'engine' as const,
      ),
      seconds: fc.constantFrom(3, 20, 90, 400),
      throttles: fc.boolean(),
    }),
  },
);

const setup: fc.Arbitrary<Setup> = fc.record({
  platform: fc.constantFrom('aws' as const, 'local' as const),
  steps: fc.constantFrom<Setup['steps'][]>(
    [100],
    [100],
    [{ weight: 20, bake: '1m' }, 100],
    [{ weight: 5, bake: '30s' }, { weight: 50, bake: '1m' }, 100],
  ),
  windowSeconds: fc.constantFrom(60, 150, 300),
  intervalSeconds: fc.constantFrom(20, 30, 60),
  approval: fc.option(
    fc.record({
      count: seconds(1, 2),
      expiresInSeconds: fc.constantFrom(60, 300),
      givenAfterSeconds: fc.constantFrom(5, 5, 20, null),
      hasSeparateDuties: fc.boolean(),
    }),
    { freq: 2 },
  ),
  onBreach: fc.constantFrom('rollback' as const, 'rollback' as const, 'hold' as const),
  retainSeconds: fc.constantFrom(60, 600),
  alreadyFiring: fc.constantFrom('refuse' as const, 'ignore' as const),
  hasCompare: fc.boolean(),
  checkAnswers: fc.constantFrom<Setup['checkAnswers'][]>(
    ['pass'],
    ['pass'],
    ['pass'],
    ['pass'],
    ['pass'],
    ['pass'],
    ['pending', 'pass'],
    ['pending', 'pass'],
    ['warn'],
    ['fail'],
    ['pending', 'fail'],
  ),
  hasBlue: fc.constantFrom(true, true, true, true, true, true, false),
  router: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...Object.values(routerProfiles)) },
    {
      weight: 1,
      arbitrary: fc.record({
        isConditional: fc.boolean(),
        isAtomic: fc.constantFrom(true, true, false),
        supportsWeights: fc.constantFrom(true, true, false),
        verifyCalls: fc.constantFrom(0, 0, 2),
        propagationSeconds: fc.constantFrom(0, 0, 60),
        healthyAfterCalls: fc.constantFrom(null, null, 0, 2),
      }),
    },
  ),
  readyAfterCalls: seconds(0, 2),
  liveAfterCalls: fc.constantFrom(0, 0, 2),
  retireAfterCalls: seconds(0, 2),
});

/** Everything that a run of the harness may meet. */
export const schedules: fc.Arbitrary<Schedule> = fc.record({
  setup,
  faults: fc.array(fault, { maxLength: 3, size: 'max' }),
  acts: fc.array(fc.record({ when: moment, what: deed }), { maxLength: 4, size: 'max' }),
});
