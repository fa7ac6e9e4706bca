import { isoTime } from '../release/clock.ts';
import type { ReleaseDocument } from '../release/document.ts';
import { heardAlarms, type Plan } from '../release/plan.ts';
import { planOf } from './document.ts';
import type { Ports } from './ports.ts';

/** Lets a release hear of its alarms, with no task waiting for one yet. */
export async function openWatch(document: ReleaseDocument, ports: Ports): Promise<void> {
  const plan = planOf(document);
  await ports.ledger.putWatch({
    releaseId: document.releaseId,
    service: document.service,
    alarms: heardAlarms(plan.watch),
    token: null,
    turn: '',
    expiresAt: isoTime(ports.clock.now() + watchLifetimeMs(plan)),
  });
}

/** As long as the release can possibly take, and a day more. */
function watchLifetimeMs(plan: Plan): number {
  const windows = plan.steps.reduce((sum, step) => sum + step.windowSeconds, 0);
  return (windows + plan.approval.expiresInSeconds + 86_400) * 1000;
}
