import validateDefinition from 'asl-validator';
import { describe, expect, it } from 'vitest';
import { machines } from '../../lib/engine/engine.ts';
import { outcomes } from '../../lib/release/document.ts';
import { type ErrorName, errorCatalogue } from '../../lib/release/errors.ts';
import { dollarsPerTransition, walkRelease } from '../../scripts/bench/transitions.ts';
import { allStates, allTasks, type Handling, readDefinition } from './machine-files.ts';

/** Where no Catch is meant: nothing is left to do but to retry, and to fail loudly. */
const uncaught = ['release.Hold', 'rollback.Hold'];
/** Where everything is worth a repetition: traffic comes first, and retiring is never urgent. */
const retriesAll = ['release.Rollback', 'rollback.Rollback', 'retire.Retire'];

function isTransient(name: string): boolean {
  const facts: { isRetryable: boolean } | undefined = errorCatalogue[name as ErrorName];
  return name.startsWith('Lambda.') || facts?.isRetryable === true;
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

  it('catches what a Task throws wherever a way on is left', () => {
    const without = allTasks().filter(([, state]) => !state.Catch);

    expect(without.map(([name]) => name)).toEqual(uncaught);
  });

  it.each(allTasks())('%s keeps the document beside an error that it catches', (_, state) => {
    for (const caught of state.Catch ?? []) expect(caught.ResultPath).toBe('$.error');
  });

  it.each(allTasks())('%s names only errors that exist', (_, state) => {
    const ours = [...namesIn(state.Retry), ...namesIn(state.Catch)].filter(
      (name) => !/^(States|Lambda)\./.test(name),
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
