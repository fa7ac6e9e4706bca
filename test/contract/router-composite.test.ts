import { createCompositeRouter } from '../../lib/routers/composite/router.ts';
import type { RouterFacts } from '../../lib/routers/router.ts';
import {
  createFakeRouter,
  type FakeRouterOptions,
  fakeEnvironment,
} from '../support/fakes/router.ts';
import { routerContract } from './router-contract.ts';

const clock = { now: () => Date.now() };

function composed(...doors: FakeRouterOptions[]) {
  return async () => ({
    router: createCompositeRouter(
      doors.map((door, i) => ({ name: `door-${i}`, router: createFakeRouter({ clock, ...door }) })),
    ),
    blue: fakeEnvironment('blue'),
    green: fakeEnvironment('green'),
    nowMs: () => Date.now(),
    stop: async () => {},
  });
}

const facts = (changes: Partial<RouterFacts>) => ({ facts: changes });

routerContract('composite of two doors', composed({}, {}));
routerContract(
  'composite of a door that compares nothing and one that has to be prepared',
  composed(facts({ isConditional: false }), { preparation: { healthyAfterCalls: 0 } }),
);
routerContract(
  'composite of three doors, one without weights',
  composed({}, facts({ supportsWeights: false }), { preparation: { healthyAfterCalls: 0 } }),
);
