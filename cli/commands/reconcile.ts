import type { Diagnosis, Finding, ReleaseLine, Sides } from '../../lib/http/api.ts';
import { exitCodes } from '../exit-code.ts';
import { printableLine } from '../printable.ts';
import type { Session } from '../session.ts';
import { renderTable } from '../table.ts';
import { describeTraffic } from '../timeline.ts';

/**
 * Shows the live route, the ledger and the executions of a service side by side, marks where they
 * disagree, and names what mends it. Changes nothing. Exit code 1 where they disagree.
 */
export async function reconcile(session: Session, service: string): Promise<number> {
  const diagnosis = await session.api.diagnosis(service);
  const isAgreed = diagnosis.findings.every(({ state }) => state !== 'fail');
  session.show({ agrees: isAgreed, ...diagnosis }, linesOf(diagnosis));
  return isAgreed ? exitCodes.done : exitCodes.failed;
}

/** Which side of the table a finding belongs to. */
const sideOf: Partial<Record<Finding['kind'], 'route' | 'ledger' | 'execution'>> = {
  'route-unreadable': 'route',
  'route-split': 'route',
  'route-to-nothing': 'route',
  'route-unexpected': 'route',
  'lock-stuck': 'ledger',
  'lock-without-record': 'ledger',
  'lock-of-retirement': 'ledger',
  'release-held': 'ledger',
  'rollback-failed': 'ledger',
  'release-stranded': 'execution',
  'environment-leftover': 'execution',
};

function linesOf({ service, findings, sides }: Diagnosis): string[] {
  const mark = (side: string) => {
    const own = findings.filter(({ kind }) => sideOf[kind] === side);
    if (own.some(({ state }) => state === 'fail')) return '✖';
    return own.length > 0 ? '•' : '✔';
  };
  const rows = [
    ...routeRows(sides).map((row) => ['live route', ...row, mark('route')]),
    ...ledgerRows(sides).map((row) => ['ledger', ...row, mark('ledger')]),
    ...executionRows(sides).map((row) => ['execution', ...row, mark('execution')]),
  ];
  const table = renderTable([['SIDE', 'WHAT', 'STATE', ''], ...rows]);
  return [...table, '', ...verdict(service, findings)];
}

function verdict(service: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [`✔ ${service}: all three agree`];
  return findings.flatMap(({ state, subject, detail, mend }) => [
    `${state === 'fail' ? '✖' : '•'} ${subject}: ${printableLine(detail)}`,
    `    → ${printableLine(mend)}`,
  ]);
}

function routeRows({ route }: Sides): string[][] {
  if (route.weights === null) return [['traffic', `unknown: ${route.problem}`]];
  const sides = route.live.map(({ environmentId, version, state }) => [
    environmentId,
    `${version ?? 'unknown version'}, ${state}`,
  ]);
  return [['traffic', describeTraffic(route.weights)], ...sides];
}

function ledgerRows({ ledger: { lock, open, last } }: Sides): string[][] {
  const left = last?.expected ? `${last.outcome}, left traffic on ${last.expected.id}` : null;
  return [
    ['lock', lock ? `${lock.holder}, epoch ${lock.epoch}` : 'free'],
    ...open.map((release) => [release.releaseId, stateOf(release)]),
    ...(last ? [[last.releaseId, left ?? stateOf(last)]] : []),
  ];
}

function stateOf({ phase, outcome }: ReleaseLine): string {
  return outcome ?? phase;
}

function executionRows({ executions }: Sides): string[][] {
  if (executions.length === 0) return [['-', 'none runs']];
  return executions.map(({ machine, name, status }) => [name, `${machine}, ${status}`]);
}
