import { isoTime } from '../../release/clock.ts';
import type { Finding, Repair, RepairReport } from '../../release/diagnosis.ts';
import { messageOf } from '../../release/errors.ts';
import type { Ports } from '../ports.ts';
import { startRetire } from '../retire.ts';
import { findingsOf } from './diagnose/findings.ts';
import { keptUntilMs } from './diagnose/leftovers.ts';
import { type Observation, observe } from './diagnose/observe.ts';
import { storedManifestOf } from './manifests.ts';
import { onExecutionEnded } from './on-execution-ended.ts';

/**
 * Does what is safe about what is wrong with a service, and says so: a stranded release is undone as
 * if its end had just been told, a lock that nobody needs is freed, a leftover goes to the retire
 * machine, which looks at the route itself (rule 8). See `Operations.repair`.
 * @throws ServiceUnknownError
 */
export async function repair(service: string, by: string, ports: Ports): Promise<RepairReport> {
  const seen = await observe(await storedManifestOf(service, ports), ports);
  const findings: RepairReport['findings'] = [];
  for (const finding of findingsOf(seen)) {
    const done = finding.isFixable ? await tryRepair(finding, by, seen, ports) : null;
    findings.push({ ...finding, repair: done });
  }
  return { service, at: isoTime(seen.nowMs), findings };
}

/** What goes wrong with one does not keep the others waiting. */
async function tryRepair(
  finding: Finding,
  by: string,
  seen: Observation,
  ports: Ports,
): Promise<Repair> {
  try {
    const detail = await mend(finding, by, seen, ports);
    await tell(finding, detail, by, seen, ports).catch((error) =>
      ports.log.error('a repair is not on record', { detail, reason: messageOf(error) }),
    );
    return { isMended: true, detail };
  } catch (error) {
    return { isMended: false, detail: messageOf(error) };
  }
}

async function mend(
  { kind, subject }: Finding,
  by: string,
  seen: Observation,
  ports: Ports,
): Promise<string> {
  switch (kind) {
    case 'release-stranded':
      return undo(subject, by, ports);
    case 'lock-stuck':
    case 'lock-without-record':
      return freeLock(seen, ports);
    case 'environment-leftover':
      return retireAgain(subject, seen, ports);
    default:
      throw new Error(`${kind} is for a person to mend`);
  }
}

/** What `on-execution-ended` would have done; it looks for a running execution once more. */
async function undo(releaseId: string, by: string, ports: Ports): Promise<string> {
  const cause = `${by} found that nobody works on it`;
  await onExecutionEnded(
    { machine: 'release', name: releaseId, status: 'aborted', error: null, cause },
    ports,
  );
  return `is being undone; see it with: verdigris watch ${releaseId}`;
}

/** Only the very lock that was seen: whoever took it meanwhile keeps it. */
async function freeLock({ lock, service }: Observation, { ledger }: Ports): Promise<string> {
  const present = await ledger.getLock(service);
  const isSame = present?.releaseId === lock?.releaseId && present?.epoch === lock?.epoch;
  if (!lock || !isSame) throw new Error('the lock has moved on meanwhile; look again');
  await ledger.releaseLock(service, lock.releaseId);
  return `the lock that ${lock.releaseId} held is free`;
}

/**
 * Starts another retirement, which looks at the route itself. What a release promised to keep as its
 * way back is kept until then.
 */
async function retireAgain(id: string, seen: Observation, ports: Ports): Promise<string> {
  const { plan, service, nowMs } = seen;
  const nextName = seen.retirements.find((one) => one.environmentId === id)?.nextName;
  const made = seen.environments.value?.find(({ ref }) => ref.id === id);
  if (!plan || !nextName || !made) throw new Error(`no release knows ${id}`);
  const retireAt = isoTime(Math.max(nowMs, keptUntilMs(made, seen)));
  await startRetire(
    nextName,
    {
      releaseId: made.releaseId,
      service,
      environment: made.ref,
      environmentConfig: plan.environment,
      routerConfig: plan.router,
      retireAt,
    },
    ports,
  );
  return `${id} will be retired at ${retireAt}, unless it gets traffic by then`;
}

/** Nothing that happened is lost (rule 10). */
async function tell(
  { kind, subject, detail }: Finding,
  done: string,
  by: string,
  seen: Observation,
  ports: Ports,
): Promise<void> {
  const isRelease = seen.releases.some(({ releaseId }) => releaseId === subject);
  await ports.ledger.appendEvent({
    id: `${subject}#repaired-${ports.ids.next()}`,
    type: 'Repaired',
    releaseId: isRelease ? subject : null,
    service: seen.service,
    at: isoTime(ports.clock.now()),
    by,
    summary: `${by} had it repaired: ${subject} ${detail}; ${done}`,
    data: { kind, subject },
  });
}
