import { createAlbListenerRouter } from '../../lib/routers/alb-listener/router.ts';
import { createFakeLoadBalancer, type FakeLoadBalancer } from '../support/fakes/load-balancer.ts';
import { forwardTo, notThereYet } from '../support/fakes/load-balancer-control-plane.ts';
import { fakeEnvironment } from '../support/fakes/router.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { routerContract } from './router-contract.ts';

function subjectOf(fake: FakeLoadBalancer, rule?: { priority: number }) {
  const clock = createVirtualClock();
  const environment = (name: string) => {
    const tags = { 'verdigris:environment': name, 'verdigris:release': `r-${name}` };
    const { arn } = fake.makeGroup(`tg-${name}`, { tags });
    return { ...fakeEnvironment(name), attributes: { targetGroupArn: arn } };
  };
  const { listenerArn, loadBalancers } = fake;
  const config = { kind: 'alb-listener', listenerArn, ...(rule ? { rule } : {}) };
  return {
    router: createAlbListenerRouter(config, { loadBalancers, clock, timers: clock }),
    blue: environment('blue'),
    green: environment('green'),
    nowMs: () => clock.now(),
    // The deregistration delay is over, and every target has been looked at often enough.
    settle: async () => {
      await clock.advance(300_000);
      for (const name of ['tg-blue', 'tg-green'])
        for (const target of fake.group(name).targets) target.looks = 0;
    },
    stop: async () => {},
  };
}

routerContract('alb-listener, its default action', async () =>
  subjectOf(createFakeLoadBalancer({ initialReads: 3 })),
);

routerContract('alb-listener, one rule', async () => {
  const fake = createFakeLoadBalancer({ initialReads: 3 });
  for (const priority of [10, 20, 30]) fake.makeRule(priority, [], [notThereYet]);
  return subjectOf(fake, { priority: 20 });
});

routerContract('alb-listener, among groups of somebody else', async () => {
  const fake = createFakeLoadBalancer({ initialReads: 3 });
  const subject = subjectOf(fake);
  fake.makeGroup('tg-theirs');
  fake.setByHand([forwardTo({ 'tg-theirs': 0 })]);
  return subject;
});
