import { afterEach, describe, expect, it } from 'vitest';
import type { EnvironmentRef, Weights } from '../../lib/release/document.ts';
import type { DesiredRoute, Lease, Router } from '../../lib/routers/router.ts';

/** A router without a route yet, and two environments that it can reach. */
export interface RouterSubject {
  router: Router | Promise<Router>;
  blue: EnvironmentRef;
  green: EnvironmentRef;
  /** Milliseconds since the Unix epoch, as the router sees it. */
  nowMs(): number;
  /** Lets the provider catch up: targets get healthy, answers are forgotten, changes spread. */
  settle?(): Promise<void>;
  stop(): Promise<void>;
}

/** Cases about compare-and-swap, for a provider that compares nothing. */
const notConditional = 'the provider compares nothing; leases stand in for it (rule 4)';

/** What every router keeps, whatever is behind it. */
export function routerContract(name: string, makeSubject: () => Promise<RouterSubject>): void {
  describe(`router contract: ${name}`, () => {
    let stop: () => Promise<void> = async () => {};
    afterEach(() => stop());

    async function prepare() {
      const subject = await makeSubject();
      stop = subject.stop;
      const { blue, green, nowMs, settle = async () => {} } = subject;
      const router = await subject.router;
      const desire = (weights: Weights): DesiredRoute => ({
        weights,
        environments: [blue, green].filter((environment) => environment.id in weights),
      });
      const lease = (forMs = 60_000): Lease => ({
        releaseId: 'r1',
        epoch: 1,
        deadlineMs: nowMs() + forMs,
      });
      const shift = async (weights: Weights) =>
        router.apply(router.plan(await router.read(), desire(weights)), lease());
      const sides = (weights: Weights): DesiredRoute => ({ weights, environments: [blue, green] });
      return {
        ...subject,
        router,
        blue: blue.id,
        green: green.id,
        desire,
        lease,
        shift,
        sides,
        settle,
      };
    }

    it('reads an empty route where nothing is routed', async () => {
      const { router } = await prepare();
      const route = await router.read();
      expect(route.weights).toEqual({});
      expect(route.revision).toBeTypeOf('string');
    });

    it('reads back what was applied', async () => {
      const { router, blue, shift, settle } = await prepare();
      const applied = await shift({ [blue]: 100 });
      await settle();
      expect(applied.weights).toEqual({ [blue]: 100 });
      expect(await router.read()).toEqual(applied);
    });

    it('splits traffic by weight, or refuses to plan it', async () => {
      const { router, blue, green, shift, desire } = await prepare();
      const current = await shift({ [blue]: 100 });
      const weights = { [blue]: 95, [green]: 5 };
      if (!router.facts.supportsWeights) {
        expect(() => router.plan(current, desire(weights))).toThrow(/split/);
        return;
      }
      await shift(weights);
      expect((await router.read()).weights).toEqual(weights);
    });

    it('changes nothing when the route was changed since it was read', async () => {
      const { router, blue, green, shift, desire, lease } = await prepare();
      const stale = await shift({ [blue]: 100 });
      const live = await shift({ [green]: 100 });
      const late = router.apply(router.plan(stale, desire({ [blue]: 100 })), lease());
      await expect(late).rejects.toMatchObject({
        name: 'RouteConflictError',
        message: expect.stringMatching(new RegExp(`${green} 100.*${blue} 100`)),
      });
      expect(await router.read()).toEqual(live);
    });

    it('changes nothing after the deadline of its lease', async () => {
      const { router, blue, green, shift, desire, lease } = await prepare();
      const live = await shift({ [blue]: 100 });
      const late = router.apply(router.plan(live, desire({ [green]: 100 })), lease(-1));
      await expect(late).rejects.toMatchObject({ name: 'LeaseExpiredError' });
      expect(await router.read()).toEqual(live);
    });

    it('moves the revision when the same weights are applied again', async ({ skip }) => {
      const { router, blue, shift, desire, lease } = await prepare();
      if (!router.facts.isConditional) return skip(notConditional);
      const first = await shift({ [blue]: 100 });
      const second = await shift({ [blue]: 100 });
      expect(second.revision).not.toBe(first.revision);
      const zombie = router.apply(router.plan(first, desire({ [blue]: 100 })), lease());
      await expect(zombie).rejects.toMatchObject({ name: 'RouteConflictError' });
    });

    it('plans without touching the route', async () => {
      const { router, blue, green, shift, desire } = await prepare();
      const live = await shift({ [blue]: 100 });
      const desired = desire({ [green]: 100 });
      const plan = router.plan(live, desired);
      expect(plan).toEqual({ from: live, to: desired });
      expect(router.plan(live, desired)).toEqual(plan);
      expect(await router.read()).toEqual(live);
    });

    it.each([
      ['less than 100', 99, 0, /add up to 99/],
      ['more than 100', 100, 1, /add up to 101/],
      ['a fraction', 99.5, 0.5, /whole percentage/],
      ['a negative share', 101, -1, /whole percentage/],
    ])('refuses to plan %s (rule 1)', async (_, blueWeight, greenWeight, reason) => {
      const { router, blue, green, desire } = await prepare();
      const current = await router.read();
      const plan = () => router.plan(current, desire({ [blue]: blueWeight, [green]: greenWeight }));
      expect(plan).toThrow(expect.objectContaining({ name: 'RequestInvalidError' }));
      expect(plan).toThrow(reason);
    });

    it('refuses to plan for an environment that was not given', async () => {
      const { router } = await prepare();
      const current = await router.read();
      const desired = { weights: { stranger: 100 }, environments: [] };
      expect(() => router.plan(current, desired)).toThrow(/"stranger"/);
    });

    it('says whether clients follow the desired weights', async () => {
      const { router, blue, green, shift, desire, settle } = await prepare();
      await shift({ [blue]: 100 });
      await settle();
      expect(await router.verify(desire({ [blue]: 100 }))).toBe('converged');
      expect(await router.verify(desire({ [green]: 100 }))).toBe('pending');
    });

    it('lets exactly one of several changes at once win', async ({ skip }) => {
      const { router, blue, green, shift, desire, lease } = await prepare();
      if (!router.facts.isConditional) return skip(notConditional);
      const live = await shift({ [blue]: 100 });
      const attempts = Array.from({ length: 8 }, () =>
        router.apply(router.plan(live, desire({ [green]: 100 })), lease()),
      );
      const results = await Promise.allSettled(attempts);
      const lost = results.filter((result) => result.status === 'rejected');
      expect(lost).toHaveLength(7);
      for (const { reason } of lost) expect(reason.name).toBe('RouteConflictError');
      expect((await router.read()).weights).toEqual({ [green]: 100 });
    });

    it('gets ready for a shift without moving traffic', async ({ skip }) => {
      const { router, blue, green, shift, sides, lease, settle } = await prepare();
      if (!router.readiness) return skip('nothing has to be ready');
      await shift({ [blue]: 100 });
      await settle();
      const desired = sides({ [green]: 100 });
      const before = await router.readiness(desired);
      expect(before.reason === '').toBe(before.status === 'ready');
      expect(before.retryAfterSeconds).toBeGreaterThan(0);
      if (before.status === 'unprepared') {
        await router.prepare?.(desired, lease());
        await router.prepare?.(desired, lease());
      }
      expect((await router.read()).weights).toEqual({ [blue]: 100 });
      expect((await router.readiness(desired)).status).not.toBe('unprepared');
      await settle();
      expect(await router.readiness(desired)).toMatchObject({ status: 'ready', reason: '' });
    });

    it('prepares nothing after the deadline of its lease', async ({ skip }) => {
      const { router, blue, green, shift, sides, lease, settle } = await prepare();
      if (!router.prepare) return skip('nothing has to be prepared');
      const live = await shift({ [blue]: 100 });
      await settle();
      const late = router.prepare(sides({ [green]: 100 }), lease(-1));
      await expect(late).rejects.toMatchObject({ name: 'LeaseExpiredError' });
      expect((await router.read()).weights).toEqual(live.weights);
    });

    it('tidies up without moving traffic, as often as it is asked', async ({ skip }) => {
      const { router, blue, green, shift, sides, lease, settle } = await prepare();
      if (!router.tidy) return skip('there is nothing to tidy');
      await shift({ [blue]: 100 });
      await settle();
      await router.prepare?.(sides({ [green]: 100 }), lease());
      await router.tidy(lease());
      await router.tidy(lease());
      expect((await router.read()).weights).toEqual({ [blue]: 100 });
    });

    it('lets go of an environment without traffic, and of no other', async ({ skip }) => {
      const { router, blue, green, shift, sides, lease, settle } = await prepare();
      if (!router.detach) return skip('nothing refers to an environment without traffic');
      await shift({ [blue]: 100 });
      await settle();
      await router.prepare?.(sides({ [green]: 100 }), lease());
      await settle();
      await shift({ [green]: 100 });
      await settle();
      const [live, old] = sides({}).environments.toReversed() as [EnvironmentRef, EnvironmentRef];
      await expect(router.detach(live, lease())).rejects.toMatchObject({
        name: 'EnvironmentInUseError',
      });
      if ((await router.detach(old, lease())) === 'pending') await settle();
      expect(await router.detach(old, lease())).toBe('detached');
      expect((await router.read()).weights).toEqual({ [green]: 100 });
    });
  });
}
