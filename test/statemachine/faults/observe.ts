import type { Ledger } from '../../../lib/ledger/ledger.ts';
import type { Lease, Router } from '../../../lib/routers/router.ts';
import type { FakeEnvironment } from '../../support/fakes/environment.ts';
import type { MemoryLedger } from '../../support/fakes/ledger.ts';
import type { FakeRouter, RouteRecord } from '../../support/fakes/router.ts';
import type { Caller } from './inject.ts';
import type { Observations } from './world.ts';

interface Watched {
  ledger: MemoryLedger;
  router: FakeRouter;
  environment: FakeEnvironment;
}

interface Noticing {
  notice<K extends keyof Observations>(what: K, ...args: Parameters<Observations[K]>): void;
  next(): number;
  reach(edge: string, name: string, nth: number): void;
  tell(line: () => string): void;
}

/** The same fakes; every effect that a rule is about is noticed at the moment at which it happens. */
export function observed(inner: Watched, world: Noticing, acting: () => Caller | null) {
  const nobody = (): Caller => {
    const caller = acting();
    if (!caller) throw new Error('an effect without a caller');
    return caller;
  };
  return {
    router: observedRouter(inner.router, world, nobody),
    environment: observedEnvironment(inner.environment, world, nobody),
    ledger: observedLedger(inner.ledger, world, nobody),
  };
}

/** Whose change it is; one that comes late is noticed when it takes effect. */
const callers = new WeakMap<Lease, Caller>();

/** Notices a change of the route, whoever made it. */
export function noticeRoute(
  made: RouteRecord,
  before: RouteRecord | undefined,
  lease: Lease | null,
  world: Noticing,
): void {
  const caller = (lease && callers.get(lease)) ?? null;
  world.tell(() => `  route: ${JSON.stringify(made.weights)} by ${caller?.name ?? 'hand'}`);
  world.notice('shift', made, before, caller);
}

function observedRouter(router: FakeRouter, world: Noticing, caller: () => Caller): Router {
  const { prepare, detach } = router;
  return {
    ...router,
    ...(prepare && {
      prepare(desired, lease) {
        callers.set(lease, caller());
        return prepare(desired, lease);
      },
    }),
    ...(detach && {
      detach(ref, lease) {
        callers.set(lease, caller());
        return detach(ref, lease);
      },
    }),
    read() {
      caller().readAt = world.next();
      return router.read();
    },
    apply(plan, lease) {
      callers.set(lease, caller());
      return router.apply(plan, lease);
    },
  };
}

function observedEnvironment(
  environment: FakeEnvironment,
  world: Noticing,
  caller: () => Caller,
): FakeEnvironment {
  return {
    ...environment,
    retire(ref) {
      const before = environment.retired.length;
      world.notice('retired', ref.id, false, caller());
      const answer = environment.retire(ref);
      const isGone = environment.retired.length > before;
      if (isGone) {
        world.tell(() => `  ${ref.id} is gone, by ${caller().name}`);
        world.notice('retired', ref.id, true, caller());
      }
      return answer;
    },
  };
}

function observedLedger(ledger: MemoryLedger, world: Noticing, caller: () => Caller): Ledger {
  const reached = new Set<string>();
  const { inside, ...rest } = ledger;
  return {
    ...rest,
    saveDocument(document) {
      const answer = ledger.saveDocument(document);
      noticePhase(document.phase);
      return answer;
    },
    endRelease(releaseId, ending, from) {
      const before = inside.release(releaseId)?.outcome ?? null;
      const answer = ledger.endRelease(releaseId, ending, from);
      const record = inside.release(releaseId);
      if (before === null && record?.outcome) {
        const { document, outcome } = record;
        world.tell(() => `  ${releaseId} is ${outcome}: ${record.reason}`);
        world.notice('event', ending.event);
        world.notice('ended', { releaseId, document, outcome }, caller());
        noticePhase('ended');
      }
      return answer;
    },
    recordBreach(releaseId, breach) {
      const before = inside.breach(releaseId);
      const answer = ledger.recordBreach(releaseId, breach);
      if (!before && inside.breach(releaseId)) {
        world.tell(() => `  breach of ${releaseId}: ${breach.reason}`);
        world.notice('breached', releaseId, caller());
      }
      return answer;
    },
    appendEvent(event) {
      const before = inside.hasEvent(event.id);
      const answer = ledger.appendEvent(event);
      if (!before) world.notice('event', event);
      return answer;
    },
  };

  /** The first time that any release comes so far is a moment of the schedule. */
  function noticePhase(phase: string): void {
    if (reached.has(phase)) return;
    reached.add(phase);
    world.tell(() => `  phase: ${phase}`);
    world.reach('phase', phase, 1);
  }
}
