import type { HealthAnswer, ReleaseStatus, ServiceStatus } from '../../lib/http/api.ts';
import { toCommandError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { printableLine } from '../printable.ts';
import type { Session } from '../session.ts';

/** One thing that was looked at. */
interface Finding {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
}

const marks = { ok: '✔', warn: '•', fail: '✖' } as const;

/** Looks at everything that the HTTP API shows, and says what is wrong. Exit code 1 if anything is. */
export async function doctor(session: Session): Promise<number> {
  const findings = await examine(session);
  const isHealthy = findings.every(({ state }) => state !== 'fail');
  session.show(
    { healthy: isHealthy, findings },
    findings.map(({ name, state, detail }) => `${marks[state]} ${name}: ${printableLine(detail)}`),
  );
  return isHealthy ? exitCodes.done : exitCodes.failed;
}

async function examine(session: Session): Promise<Finding[]> {
  const health = await attempt(() => session.api.health());
  if ('problem' in health) return [fail('connection', health.problem)];
  const reached = [ok('connection', session.api.url), await apiFinding(health.value)];
  const services = await attempt(() => session.api.services());
  if ('problem' in services) return [...reached, fail('token', services.problem)];
  const perService = services.value.services.map((service) => examineService(session, service));
  return [...reached, ok('token', 'accepted'), ...(await Promise.all(perService)).flat()];
}

/** Loaded here only: the API's schemas take a while to load, and other commands need their types only. */
async function apiFinding({ api, version }: HealthAnswer): Promise<Finding> {
  const { apiVersion } = await import('../../lib/http/api.ts');
  if (api === apiVersion) return ok('version', `Verdigris ${version}, API ${api}`);
  const detail = `the conductor (${version}) speaks API ${api}, this command API ${apiVersion}`;
  return fail('version', `${detail}; use the same version of both`);
}

async function examineService(session: Session, service: ServiceStatus): Promise<Finding[]> {
  const lock = service.releaseId === null ? [] : await examineLock(session, service.releaseId);
  const findings = [examineLiveSide(service), ...lock];
  return findings.map((finding) => ({ ...finding, name: `${service.service} ${finding.name}` }));
}

function examineLiveSide({ traffic, liveVersion, releaseId }: ServiceStatus): Finding {
  if (traffic === null) return fail('live side', 'the router cannot be read');
  if (liveVersion !== null) return ok('live side', liveVersion);
  if (Object.keys(traffic).length === 0) {
    return warn('live side', 'nothing is live yet; the first release changes that');
  }
  if (releaseId !== null) return ok('live side', `shared while ${releaseId} shifts traffic`);
  return fail(
    'live side',
    'traffic is shared, or on a side that nobody knows, and no release runs',
  );
}

async function examineLock({ api }: Session, releaseId: string): Promise<Finding[]> {
  const release = await attempt(() => api.release(releaseId));
  if ('problem' in release) return [fail('lock', `held by ${releaseId}: ${release.problem}`)];
  return [lockFinding(release.value)];
}

/** Held releases and failed rollbacks keep their lock on purpose, until a person decides. */
function lockFinding({ releaseId, outcome, phase }: ReleaseStatus): Finding {
  if (outcome === null) return ok('lock', `${releaseId} is ${phase.replace('-', ' ')}`);
  if (outcome === 'held') {
    return warn('lock', `${releaseId} is held; decide with: verdigris resume ${releaseId}`);
  }
  if (outcome === 'rollback-failed') {
    return fail('lock', `the rollback of ${releaseId} failed; mend the route and roll back again`);
  }
  return fail('lock', `still held by ${releaseId}, which has ended (${outcome})`);
}

async function attempt<T>(ask: () => Promise<T>): Promise<{ value: T } | { problem: string }> {
  try {
    return { value: await ask() };
  } catch (error) {
    const { message, facts } = toCommandError(error);
    return { problem: facts.hint ? `${message}; ${facts.hint}` : message };
  }
}

function ok(name: string, detail: string): Finding {
  return { name, state: 'ok', detail };
}

function warn(name: string, detail: string): Finding {
  return { name, state: 'warn', detail };
}

function fail(name: string, detail: string): Finding {
  return { name, state: 'fail', detail };
}
