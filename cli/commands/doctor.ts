import type { Finding, HealthAnswer, RepairReport } from '../../lib/http/api.ts';
import { toCommandError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import { printableLine } from '../printable.ts';
import type { Session } from '../session.ts';

/** One thing that was looked at. */
interface Examined {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  detail: string;
  /** Of what is wrong with a service. */
  finding?: Finding;
  /** What `--fix` did about it; null where it tried nothing. */
  repair?: RepairReport['findings'][number]['repair'];
}

const marks = { ok: '✔', warn: '•', fail: '✖' } as const;

/**
 * Looks for what is wrong with the connection and every service, and with `--fix` mends what is safe.
 * Exit code 1 if anything stays wrong.
 */
export async function doctor(session: Session, { fix }: { fix?: boolean } = {}): Promise<number> {
  const examined = await examine(session, fix ?? false);
  const isHealthy = examined.every(({ state, repair }) => state !== 'fail' || repair?.isMended);
  session.show({ healthy: isHealthy, findings: examined }, examined.flatMap(linesOf));
  return isHealthy ? exitCodes.done : exitCodes.failed;
}

function linesOf({ name, state, detail, finding, repair }: Examined): string[] {
  const lines = [`${marks[state]} ${name}: ${printableLine(detail)}`];
  if (finding) lines.push(`    ${printableLine(finding.why)}`);
  if (finding && !repair?.isMended) lines.push(`    → ${printableLine(finding.mend)}`);
  if (repair) {
    const how = repair.isMended ? '✔ mended' : '✖ not mended';
    lines.push(`    ${how}: ${printableLine(repair.detail)}`);
  }
  return lines;
}

async function examine(session: Session, isFixing: boolean): Promise<Examined[]> {
  const health = await attempt(() => session.api.health());
  if ('problem' in health) return [fail('connection', health.problem)];
  const reached = [ok('connection', session.api.url), await apiFinding(health.value)];
  const services = await attempt(() => session.api.services());
  if ('problem' in services) return [...reached, fail('token', services.problem)];
  const perService = services.value.services.map(({ service, liveVersion }) =>
    examineService(session, service, liveVersion, isFixing),
  );
  return [...reached, ok('token', 'accepted'), ...(await Promise.all(perService)).flat()];
}

/** Loaded here only: the API's schemas take a while to load, and other commands need their types only. */
async function apiFinding({ api, version }: HealthAnswer): Promise<Examined> {
  const { apiVersion } = await import('../../lib/http/api.ts');
  if (api === apiVersion) return ok('version', `Verdigris ${version}, API ${api}`);
  const detail = `the conductor (${version}) speaks API ${api}, this command API ${apiVersion}`;
  return fail('version', `${detail}; use the same version of both`);
}

async function examineService(
  { api }: Session,
  service: string,
  liveVersion: string | null,
  isFixing: boolean,
): Promise<Examined[]> {
  const report = await attempt<{ findings: (Finding & Pick<Examined, 'repair'>)[] }>(() =>
    isFixing ? api.repair(service) : api.diagnosis(service),
  );
  if ('problem' in report) return [fail(service, report.problem)];
  const { findings } = report.value;
  if (findings.length === 0) {
    return [ok(service, liveVersion ? `${liveVersion} is live` : 'nothing is wrong')];
  }
  return findings.map(({ repair, ...finding }) => ({
    name: finding.subject === service ? service : `${service} ${finding.subject}`,
    state: finding.state,
    detail: finding.detail,
    finding,
    ...(repair === undefined ? {} : { repair }),
  }));
}

async function attempt<T>(ask: () => Promise<T>): Promise<{ value: T } | { problem: string }> {
  try {
    return { value: await ask() };
  } catch (error) {
    const { message, facts } = toCommandError(error);
    return { problem: facts.hint ? `${message}; ${facts.hint}` : message };
  }
}

function ok(name: string, detail: string): Examined {
  return { name, state: 'ok', detail };
}

function fail(name: string, detail: string): Examined {
  return { name, state: 'fail', detail };
}
