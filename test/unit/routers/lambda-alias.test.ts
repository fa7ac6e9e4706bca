import { describe, expect, it } from 'vitest';
import type { Weights } from '../../../lib/release/document.ts';
import { createLambdaAliasRouter } from '../../../lib/routers/lambda-alias/router.ts';
import type { Route } from '../../../lib/routers/router.ts';
import { createFakeLambda } from '../../support/fakes/lambda.ts';
import { desiredRoute } from '../../support/fakes/router.ts';
import { createSleepingClock } from '../../support/virtual-clock.ts';

function prepare() {
  const fake = createFakeLambda();
  for (const number of [1, 2, 3]) {
    fake.deployByHand({ content: `version ${number}` });
    fake.publishByHand();
  }
  const clock = createSleepingClock();
  const router = createLambdaAliasRouter(
    { kind: 'lambda-alias', functionName: fake.functionName, alias: 'live' },
    { lambda: fake.lambda, clock, timers: clock },
  );
  const lease = (forMs = 30_000) => ({
    releaseId: 'r1',
    epoch: 4,
    deadlineMs: clock.now() + forMs,
  });
  const change = (from: Route, weights: Weights, forMs?: number) =>
    router.apply(router.plan(from, desiredRoute(weights)), lease(forMs));
  const shift = async (weights: Weights) => change(await router.read(), weights);
  return { fake, clock, router, change, shift };
}

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

describe('reading an alias', () => {
  it('gives the main version what the additional one leaves', async () => {
    const { fake, router } = prepare();
    fake.pointByHand('live', '1', { 2: 0.07 });

    expect((await router.read()).weights).toEqual({ 1: 93, 2: 7 });
  });

  it('does not overlook a share of less than half a percent', async () => {
    const { fake, router } = prepare();
    fake.pointByHand('live', '1', { 2: 0.001 });

    expect((await router.read()).weights).toEqual({ 1: 99, 2: 1 });
  });

  it('overlooks a share of nothing', async () => {
    const { fake, router } = prepare();
    fake.pointByHand('live', '1', { 2: 0 });

    expect((await router.read()).weights).toEqual({ 1: 100 });
  });

  it('shows an alias on $LATEST as it is', async () => {
    const { fake, router } = prepare();
    fake.pointByHand('live', '$LATEST');

    expect((await router.read()).weights).toEqual({ $LATEST: 100 });
  });
});

describe('writing an alias', () => {
  it('makes it when it is missing', async () => {
    const { fake, router, shift } = prepare();
    expect(await router.read()).toEqual({ weights: {}, revision: 'none' });

    await shift({ 1: 100 });

    expect(fake.alias('live')).toMatchObject({
      FunctionVersion: '1',
      Description: 'verdigris release=r1 epoch=4 after=none',
    });
  });

  it('makes it once more for whoever has read that it is gone, as a rollback does', async () => {
    const { fake, router, shift } = prepare();
    await shift({ 1: 50, 2: 50 });
    fake.deleteByHand('live');

    await shift({ 1: 100 });

    expect(fake.commands().filter((name) => name === 'CreateAlias')).toHaveLength(2);
    expect((await router.read()).weights).toEqual({ 1: 100 });
  });

  it('does not overwrite one that somebody made meanwhile', async () => {
    const { fake, shift } = prepare();
    fake.before('CreateAlias', () => fake.pointByHand('live', '2'));

    await expect(shift({ 1: 100 })).rejects.toEqual(named('RouteConflictError', /2 100.*nothing/));
    expect(fake.alias('live')?.FunctionVersion).toBe('2');
  });

  it('does not make one again that somebody deleted', async () => {
    const { fake, router, shift } = prepare();
    await shift({ 1: 100 });
    const stale = await router.read();
    const other = prepare();

    const attempt = other.change(stale, { 2: 100 });

    await expect(attempt).rejects.toEqual(named('RouteConflictError', 'nothing'));
    expect(other.fake.alias('live')).toBeUndefined();
    expect(fake.alias('live')?.FunctionVersion).toBe('1');
  });

  it.each([
    [{ 1: 95, 2: 5 }, '1', { 2: 0.05 }],
    [{ 1: 5, 2: 95 }, '2', { 1: 0.05 }],
    [{ 1: 0, 2: 100 }, '2', undefined],
  ])('has the heavier of %j as the main version', async (weights, main, others) => {
    const { fake, router, shift } = prepare();
    await shift({ 1: 100 });

    await shift(weights);

    expect(fake.alias('live')?.FunctionVersion).toBe(main);
    expect(fake.alias('live')?.RoutingConfig?.AdditionalVersionWeights).toEqual(others);
    expect(await router.verify(desiredRoute(weights))).toBe('converged');
  });

  it.each(['1', '2'])('keeps main version %s at 50/50', async (main) => {
    const { fake, shift } = prepare();
    await shift({ [main]: 100 });

    await shift({ 1: 50, 2: 50 });

    expect(fake.alias('live')?.FunctionVersion).toBe(main);
  });

  it('clears weights explicitly, as an absent part would leave them', async () => {
    const { fake, router, shift } = prepare();
    await shift({ 1: 90, 2: 10 });

    await shift({ 1: 100 });

    expect(fake.calls.at(-1)?.input.RoutingConfig).toEqual({ AdditionalVersionWeights: {} });
    expect((await router.read()).weights).toEqual({ 1: 100 });
  });

  it('moves the revision by writing the same again, even where only changes move it', async () => {
    const { shift } = prepare();
    const revisions = [];
    for (let times = 0; times < 3; times += 1) revisions.push((await shift({ 1: 100 })).revision);

    expect(new Set(revisions).size).toBe(3);
  });

  it('takes nothing but published versions, two at most', async () => {
    const { router } = prepare();
    const live = await router.read();

    expect(() => router.plan(live, desiredRoute({ $LATEST: 100 }))).toThrow(/"\$LATEST" is not/);
    expect(() => router.plan(live, desiredRoute({ 1: 50, 2: 30, 3: 20 }))).toThrow(/two versions/);
    expect(router.plan(live, desiredRoute({ 1: 50, 2: 50, 3: 0 })).to.weights[3]).toBe(0);
  });
});

describe('a change that is not allowed any more (rule 4)', () => {
  it('is refused by the revision, though it was already on its way', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ 1: 100 });
    const delayed = fake.delayNext('UpdateAlias');
    const zombie = change(await router.read(), { 2: 100 }, 1000);
    const ending = expect(zombie).rejects.toEqual(named('RouterUnavailableError', /lease ended/));
    await clock.advance(1001);
    await ending;

    const rolledBack = await shift({ 1: 100 });

    expect(await delayed.takeEffect()).toBe('PreconditionFailedException');
    expect(await router.read()).toEqual(rolledBack);
  });

  it('is given up when its lease ends, and not sent at all after it', async () => {
    const { fake, clock, router, change, shift } = prepare();
    await shift({ 1: 100 });
    const live = await router.read();
    const before = fake.calls.length;

    await expect(change(live, { 2: 100 }, -1)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.calls).toHaveLength(before);

    fake.before('GetAlias', () => clock.sleep(10_000));
    await expect(change(live, { 2: 100 }, 5000)).rejects.toEqual(named('LeaseExpiredError'));
    expect(fake.commands().at(-1)).toBe('GetAlias');
  });

  it('is refused when the alias changed between the look and the write', async () => {
    const { fake, shift } = prepare();
    await shift({ 1: 100 });
    fake.before('UpdateAlias', () => fake.pointByHand('live', '3'));

    await expect(shift({ 2: 100 })).rejects.toEqual(named('RouteConflictError', /3 100.*1 100/));
    expect(fake.alias('live')?.FunctionVersion).toBe('3');
  });

  it('leaves no timer behind', async () => {
    const { clock, shift } = prepare();
    await shift({ 1: 100 });

    await expect(clock.runUntil(() => false)).rejects.toThrow('nothing is left to wait for');
  });
});

describe('what Lambda says no with', () => {
  it.each([
    ['TooManyRequestsException', 'ThrottledError', /patience/],
    ['ServiceException', 'RouterUnavailableError', /does not answer/],
    ['ResourceConflictException', 'RouterUnavailableError', /does not answer/],
    ['AccessDeniedException', 'ConfigInvalidError', /allow lambda:UpdateAlias/],
    ['InvalidParameterValueException', 'RequestInvalidError', /execution role.*dead-letter queue/],
  ])('%s of a write is %s', async (name, ours, reason) => {
    const { fake, shift } = prepare();
    await shift({ 1: 100 });
    fake.failNext('UpdateAlias', name, 'no');

    await expect(shift({ 1: 90, 2: 10 })).rejects.toEqual(named(ours, reason));
    expect(fake.alias('live')?.FunctionVersion).toBe('1');
  });

  it.each(['TooManyRequestsException', 'ServiceException'])('%s of a read', async (name) => {
    const { fake, router } = prepare();
    fake.failNext('GetAlias', name);

    await expect(router.read()).rejects.toMatchObject({ isRetryable: true });
  });

  it('names a version that is not there', async () => {
    const { fake, shift } = prepare();
    await shift({ 1: 100 });

    await expect(shift({ 9: 100 })).rejects.toEqual(named('RequestInvalidError', 'no version 9'));
    expect(fake.alias('live')?.FunctionVersion).toBe('1');
  });

  it('explains versions that cannot share an alias', async () => {
    const { fake, shift } = prepare();
    await shift({ 1: 100 });
    fake.setState({ Role: 'arn:aws:iam::123456789012:role/other' }, '2');

    const attempt = shift({ 1: 90, 2: 10 });

    await expect(attempt).rejects.toEqual(named('RequestInvalidError', /steps: \[100\]/));
  });
});
