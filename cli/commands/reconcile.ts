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

/** A line of the table, and what would be wrong with just this line. */
interface Row {
  cells: [side: string, what: string, state: string];
  isMeant(finding: Finding): boolean;
}

function linesOf({ service, findings, sides }: Diagnosis): string[] {
  const rows = [...routeRows(sides), ...ledgerRows(sides), ...executionRows(sides)];
  const marked = rows.map(({ cells, isMeant }) => [...cells, markOf(findings.filter(isMeant))]);
  const table = renderTable([['SIDE', 'WHAT', 'STATE', ''], ...marked]);
  return [...table, '', ...verdict(service, findings)];
}

function markOf(findings: readonly Finding[]): string {
  if (findings.some(({ state }) => state === 'fail')) return '✖';
  return findings.length > 0 ? '•' : '✔';
}

function verdict(service: string, findings: readonly Finding[]): string[] {
  if (findings.length === 0) return [`✔ ${service}: all three agree`];
  return findings.flatMap(({ state, subject, detail, mend }) => [
    `${state === 'fail' ? '✖' : '•'} ${subject}: ${printableLine(detail)}`,
    `    → ${printableLine(mend)}`,
  ]);
}

function routeRows({ route }: Sides): Row[] {
  const traffic = route.weights ? describeTraffic(route.weights) : `unknown: ${route.problem}`;
  const kinds = ['route-unreadable', 'route-split', 'route-unexpected'];
  const sides = route.live.map(({ environmentId, version, state }): Row => {
    const cells: Row['cells'] = [
      'live route',
      environmentId,
      `${version ?? 'unknown version'}, ${state}`,
    ];
    return { cells, isMeant: ({ subject }) => subject === environmentId };
  });
  return [
    { cells: ['live route', 'traffic', traffic], isMeant: ({ kind }) => kinds.includes(kind) },
    ...sides,
  ];
}

function ledgerRows({ ledger: { lock, open, last } }: Sides): Row[] {
  const holder = lock ? `${lock.holder}, epoch ${lock.epoch}` : 'free';
  const left = last?.expected ? `${last.outcome}, left traffic on ${last.expected.id}` : null;
  const rows = open.map((release) => releaseRow(release, stateOf(release)));
  return [
    { cells: ['ledger', 'lock', holder], isMeant: ({ kind }) => kind.startsWith('lock-') },
    ...rows,
    ...(last ? [releaseRow(last, left ?? stateOf(last))] : []),
  ];
}

function releaseRow({ releaseId }: ReleaseLine, state: string): Row {
  const cells: Row['cells'] = ['ledger', releaseId, state];
  const kinds = ['release-held', 'rollback-failed', 'release-stranded'];
  return { cells, isMeant: ({ kind, subject }) => kinds.includes(kind) && subject === releaseId };
}

function stateOf({ phase, outcome }: ReleaseLine): string {
  return outcome ?? phase;
}

/** A release without an execution of its own is told in the row that says so. */
function executionRows({ executions }: Sides): Row[] {
  const isMissing = ({ kind }: Finding) =>
    kind === 'release-stranded' || kind === 'environment-leftover';
  if (executions.length === 0) {
    return [{ cells: ['execution', '-', 'none runs'], isMeant: isMissing }];
  }
  return executions.map(({ machine, name, status }) => ({
    cells: ['execution', name, `${machine}, ${status}`],
    isMeant: (finding) => isMissing(finding) && name.startsWith(finding.subject),
  }));
}
