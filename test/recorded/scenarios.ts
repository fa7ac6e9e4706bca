import type { Ledger } from '../../lib/ledger/ledger.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import type { TestConductor, TestConductorOptions } from '../support/conductor.ts';
import { fakeManifest } from '../support/conductor.ts';

/** A release with a course of its own. Together they call every function of every machine. */
export interface Scenario {
  name: string;
  /** Made anew for every play. */
  options(): TestConductorOptions;
  /** Plays it on a conductor of those options, to its end, and tells the release's id. */
  play(conductor: TestConductor): Promise<string>;
  outcome: string;
}

const alarm = 'storefront-5xx';
const canary: JsonObject = { steps: [{ weight: 5, bake: '2m' }, 100] };
const watch: JsonObject = {
  window: '2m',
  interval: '60s',
  alarms: [alarm],
  compare: { errorRate: { max: '2x' }, latencyP95: { max: '1.5x' } },
};
const manifest = (changes: JsonObject = {}) =>
  fakeManifest({ owner: 'team-web', watch, ...changes });

async function untilWatching(conductor: TestConductor): Promise<string> {
  const id = await conductor.release();
  await conductor.reach(id, 'watching');
  return id;
}

/** A release that waits for everything once, is approved, and shifts in two steps. */
const completed: Scenario = {
  name: 'completed',
  outcome: 'completed',
  options: () => ({
    manifest: manifest({
      approval: { count: 1, expiresIn: '2h' },
      cutover: canary,
      watch: { ...watch, alreadyFiring: 'ignore' },
      retain: '1h',
    }),
  }),
  async play(conductor) {
    await conductor.signal.fire(alarm, 'broken since noon');
    conductor.environment.faults.readyAfterCalls = 1;
    conductor.environment.faults.retireAfterCalls = 1;
    conductor.router.convergeAfter(1);
    conductor.checkAnswers.set('smoke', [
      { verdict: 'pending', summary: 'is warming up', retryAfterSeconds: 2 },
      { verdict: 'warn', summary: 'slow, but well', evidence: {} },
    ]);
    const id = await conductor.release();
    await conductor.reach(id, 'awaiting-approval');
    await conductor.measureGreen(id);
    await conductor.operations.approve(id, 'ann', 'looks good');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(2 * 3_600_000);
    return id;
  },
};

const discarded: Scenario = {
  name: 'discarded',
  outcome: 'discarded',
  options: () => ({ manifest: manifest() }),
  async play(conductor) {
    conductor.environment.faults.retireAfterCalls = 1;
    conductor.checkAnswers.set('smoke', [{ verdict: 'fail', summary: 'down', evidence: {} }]);
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(60_000);
    return id;
  },
};

/** What Discard gets is still the input of Admit. */
const refused: Scenario = {
  name: 'refused',
  outcome: 'refused',
  options: () => ({ manifest: manifest() }),
  async play(conductor) {
    await conductor.signal.fire(alarm, 'broken since noon');
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    return id;
  },
};

/** In the middle of a canary, with a router that takes its time. */
const rolledBack: Scenario = {
  name: 'rolled-back',
  outcome: 'rolled-back',
  options: () => ({ manifest: manifest({ cutover: canary }) }),
  async play(conductor) {
    conductor.router.convergeAfter(1);
    const id = await untilWatching(conductor);
    await conductor.clock.advance(61_000);
    await conductor.signal.fire(alarm, '12 % of requests fail');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(3_600_000);
    return id;
  },
};

/** The ledger goes away when traffic is back on blue: the rollback waits for it. */
const ledgerAway: Scenario = {
  name: 'ledger-away',
  outcome: 'rolled-back',
  options: () => ({ manifest: manifest(), wrapLedger: withoutFirstRollbackEvents }),
  async play(conductor) {
    const id = await untilWatching(conductor);
    await conductor.signal.fire(alarm, '12 % of requests fail');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(3_600_000);
    return id;
  },
};

function withoutFirstRollbackEvents(ledger: Ledger): Ledger {
  let refused = 0;
  return {
    ...ledger,
    async appendEvent(event) {
      if (event.type !== 'Rollback Started' || refused === 2) return ledger.appendEvent(event);
      refused += 1;
      throw new VerdigrisError('LedgerUnavailableError', 'the ledger is away');
    },
  };
}

/** A change of the route that is late, with a router that can't refuse it: the lease is waited for. */
const lateShift: Scenario = {
  name: 'late-shift',
  outcome: 'rolled-back',
  options: () => ({ manifest: manifest(), router: { facts: { isConditional: false } } }),
  async play(conductor) {
    conductor.router.delayApply({ afterMs: 20_000 });
    const id = await conductor.release();
    await conductor.clock.runUntil(() => conductor.router.calls.apply > 0);
    await conductor.operations.rollback(id, 'ann', 'stop it');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(3_600_000);
    return id;
  },
};

/** Held in the first window and let go on: a release machine that begins with a document. */
const resumed: Scenario = {
  name: 'resumed',
  outcome: 'completed',
  options: () => ({ manifest: manifest({ onBreach: 'hold', cutover: canary }) }),
  async play(conductor) {
    conductor.router.convergeAfter(1);
    const id = await untilWatching(conductor);
    await conductor.signal.fire(alarm, 'a false one');
    await conductor.outcomeOf(id);
    await conductor.operations.resume(id, 'continue', 'ann', 'the alarm is a false one');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(2 * 86_400_000);
    return id;
  },
};

/** No router, then a person who tries once more: the rollback machine. */
const rollbackFailed: Scenario = {
  name: 'rollback-failed',
  outcome: 'rolled-back',
  options: () => ({ manifest: manifest() }),
  async play(conductor) {
    const id = await untilWatching(conductor);
    const down = new VerdigrisError('RouterUnavailableError', 'the router is away');
    conductor.router.failNext('apply', down, Number.POSITIVE_INFINITY);
    await conductor.signal.fire(alarm, '12 % of requests fail');
    if ((await conductor.outcomeOf(id)) !== 'rollback-failed') throw new Error('it did not fail');
    conductor.router.heal();
    await conductor.operations.rollback(id, 'ann', 'try again');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(3_600_000);
    return id;
  },
};

/** Undone a minute after it completed; the retirement of blue is called off, green is retired. */
const undone: Scenario = {
  name: 'undone',
  outcome: 'rolled-back',
  options: () => ({ manifest: manifest() }),
  async play(conductor) {
    const id = await conductor.release();
    await conductor.outcomeOf(id);
    await conductor.clock.advance(60_000);
    await conductor.operations.rollback(id, 'ann', 'second thoughts');
    await conductor.outcomeOf(id);
    await conductor.clock.advance(2 * 86_400_000);
    return id;
  },
};

/** Every course that is recorded. */
export const scenarios: readonly Scenario[] = [
  completed,
  discarded,
  refused,
  rolledBack,
  ledgerAway,
  lateShift,
  resumed,
  rollbackFailed,
  undone,
];
