import type { EnvironmentRef, ReleaseDocument, StepStatus } from '../release/document.ts';
import type { Ports } from './ports.ts';
import type { Happening } from './record.ts';

/** A process goes within moments, a stack within many minutes: every look is a part of the history. */
const firstLookSeconds = 0.25;
const longestLookSeconds = 15;

/** Green, also when the answer of the call that made it was lost. Null where there is none. */
export async function findGreen(
  { green, plan, service, releaseId }: ReleaseDocument,
  ports: Ports,
): Promise<EnvironmentRef | null> {
  if (green) return green;
  if (!plan) return null;
  const environment = await ports.adapters.environment(plan.environment, service);
  const made = await environment.ofRelease(releaseId);
  // One that is gone already was written down before it was removed.
  return made ?? (await ports.ledger.getRelease(releaseId))?.document.green ?? null;
}

/** What is told of an environment that is gone, whoever took it away. */
export function retiredHappening({ id }: EnvironmentRef): Happening {
  return {
    key: `retired-${id}`,
    type: 'Environment Retired',
    summary: `${id} was removed`,
    data: { environment: id },
  };
}

/**
 * When to look again whether an environment is gone, in seconds: twice as long as the last time.
 * @param last The step that asked to look now; null at the first look.
 */
export function nextRemovalLook(last: StepStatus | null): number {
  if (last?.status !== 'pending') return firstLookSeconds;
  return Math.min(longestLookSeconds, Math.max(firstLookSeconds, last.retryAfterSeconds * 2));
}
