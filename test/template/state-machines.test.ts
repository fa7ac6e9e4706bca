import validateDefinition from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { machines } from '../../lib/engine/engine.ts';
import { outcomes } from '../../lib/release/document.ts';
import { type ErrorName, errorCatalogue } from '../../lib/release/errors.ts';
import { dollarsPerTransition, walkRelease } from '../../scripts/bench/transitions.ts';
import { allStates, allTasks, type Handling, readDefinition, type State } from './machine-files.ts';

/** Where no Catch is meant: nothing is left to do but to retry, and to fail loudly. */
const uncaught = ['release.Hold', 'rollback.Hold'];
/** Where everything is worth a repetition: traffic comes first, and retiring is never urgent. */
const retriesAll = ['release.Rollback', 'rollback.Rollback', 'retire.Retire'];

/**
 * What Step Functions sees of a function that ran out of time, was killed, or failed without a word.
 * https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
const lost = ['Sandbox.Timedout', 'Runtime.ExitError', 'Lambda.Unknown'];
/** Where a call is made again that may still be at work: nothing else is left to do. */
const callsTwiceAtOnce = [
  'release.Discard',
  'release.Rollback',
  'release.ReportRollbackFailed',
  'release.Hold',
  'rollback.Rollback',
  'rollback.ReportRollbackFailed',
  'rollback.Hold',
  'retire.Retire',
];
/** How often a lost call is made again. In traffic once: a second silence is a reason to go back. */
const lostAttempts: Record<string, number> = {
  'release.Admit': 2,
  'release.Provision': 2,
  'release.Validate': 2,
  'release.RequestApproval': 2,
  'release.Cutover': 1,
  'release.WatchWindow': 1,
  'release.Judge': 1,
  'release.Complete': 1,
  'release.Discard': 6,
  'release.Rollback': 40,
  'release.ReportRollbackFailed': 6,
  'release.Hold': 6,
  'rollback.Rollback': 40,
  'rollback.ReportRollbackFailed': 6,
  'rollback.Hold': 6,
  'retire.Retire': 8,
};

/** How often a state is tried again after that error: by the first retrier that names it. */
function attemptsAfter(error: string, { Retry = [] }: State): number {
  const retrier = Retry.find(({ ErrorEquals }) =>
    ErrorEquals.some((name) => name === error || name === 'States.ALL'),
  );
  return retrier?.MaxAttempts ?? 0;
}

function isTransient(name: string): boolean {
  const facts: { isRetryable: boolean } | undefined = errorCatalogue[name as ErrorName];
  return (
    name.startsWith('Lambda.') ||
    [...lost, 'States.Timeout'].includes(name) ||
    facts?.isRetryable === true
  );
}

function namesIn(handlings: Handling[] = []): string[] {
  return handlings.flatMap((handling) => handling.ErrorEquals);
}

describe('the state machines', () => {
  it.each(machines)('%s is valid Amazon States Language', (machine) => {
    const { isValid, errorsText } = validateDefinition(readDefinition(machine));

    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it.each(allStates())('%s is of a type that every engine runs', (_, state) => {
    expect(['Task', 'Choice', 'Wait', 'Succeed', 'Fail']).toContain(state.Type);
  });

  it.each(allTasks())('%s gives its function a time to answer', (_, state) => {
    expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
  });

  it.each(allTasks())('%s repeats transient errors with backoff and jitter', (name, state) => {
    const retried = (state.Retry ?? []).filter((retry) => retry.MaxAttempts !== 0);

    expect(retried.length).toBeGreaterThan(0);
    for (const retry of retried) {
      expect(retry.BackoffRate).toBeGreaterThan(1);
      expect(retry.JitterStrategy).toBe('FULL');
      if (!retriesAll.includes(name))
        expect(retry.ErrorEquals.filter((e) => !isTransient(e))).toEqual([]);
    }
  });

  it.each(allTasks())('%s is tried again when its call got lost', (name, state) => {
    const attempts = lostAttempts[name];
    for (const error of lost) expect(attemptsAfter(error, state), error).toBe(attempts);
    expect(attemptsAfter('States.Timeout', state)).toBe(
      callsTwiceAtOnce.includes(name) ? attempts : 0,
    );
  });

  it.each(allTasks())('%s has patience with a provider that throttles', (name, state) => {
    const attempts = attemptsAfter('ThrottledError', state);

    expect(attempts).toBe(retriesAll.includes(name) ? lostAttempts[name] : 200);
  });

  it('catches what a Task throws wherever a way on is left', () => {
    const without = allTasks().filter(([, state]) => !state.Catch);

    expect(without.map(([name]) => name)).toEqual(uncaught);
  });

  it.each(allTasks())('%s keeps the document beside an error that it catches', (_, state) => {
    for (const caught of state.Catch ?? []) expect(caught.ResultPath).toBe('$.error');
  });

  it.each(allTasks())('%s names only errors that exist', (_, state) => {
    const ours = [...namesIn(state.Retry), ...namesIn(state.Catch)].filter(
      (name) => !/^(States|Lambda|Sandbox|Runtime)\./.test(name),
    );

    expect(Object.keys(errorCatalogue)).toEqual(expect.arrayContaining(ours));
  });

  it('succeeds only where it did what it was started for', () => {
    const ends = allStates().filter(([, state]) => state.Type === 'Succeed' || state.End);

    expect(ends.map(([name]) => name)).toEqual([
      'release.Completed',
      'rollback.RolledBack',
      'retire.Retired',
    ]);
  });

  it('ends every other release in a Fail state that is named for its outcome', () => {
    const fails = Object.values(readDefinition('release').States).filter(
      (state) => state.Type === 'Fail',
    );
    const expected = outcomes.filter((outcome) => outcome !== 'completed').map(pascalCase);

    expect(fails.map((state) => state.Error).toSorted()).toEqual(expected.toSorted());
  });
});

describe('a plain release', () => {
  const looks = 30;

  it('takes at most 120 state transitions in a window of 30 looks', () => {
    const walked = walkRelease(readDefinition('release'), looks);

    expect(walked.at(-1)).toBe('Completed');
    expect(walked.filter((name) => name === 'Judge')).toHaveLength(looks);
    expect(walked.length).toBeLessThanOrEqual(120);
  });

  it('costs less than half a cent in transitions, at 25 dollars a million', () => {
    const dollars = walkRelease(readDefinition('release'), looks).length * dollarsPerTransition;

    expect(dollars).toBeLessThan(0.005);
  });
});

function pascalCase(outcome: string): string {
  return outcome.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
