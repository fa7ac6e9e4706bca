import type { ReleaseSummary, ServiceStatus } from '../../lib/http/api.ts';
import { CommandError } from '../errors.ts';
import { exitCodes } from '../exit-code.ts';
import type { Session } from '../session.ts';
import { renderTable } from '../table.ts';
import { describeTraffic, renderTimeline } from '../timeline.ts';
import { eitherOf } from './releases.ts';

/** Shows all services, one service with its releases, or one release with its timeline. */
export async function status(session: Session, name: string | undefined): Promise<number> {
  await (name === undefined
    ? showServices(session)
    : eitherOf(
        name,
        () => showRelease(session, name),
        () => showService(session, name),
      ));
  return exitCodes.done;
}

async function showServices(session: Session): Promise<void> {
  const answer = await session.api.services();
  const hasBudgets = answer.services.some(({ errorBudget }) => errorBudget !== null);
  const budgetHeading = hasBudgets ? ['BUDGET LEFT'] : [];
  const lines =
    answer.services.length === 0
      ? ['no services yet; bring one in with: verdigris apply FILE']
      : renderTable([
          ['SERVICE', 'LIVE', 'TRAFFIC', 'RELEASE', ...budgetHeading, 'FROZEN'],
          ...answer.services.map((it) => serviceRow(it, hasBudgets)),
        ]);
  session.show(answer, lines);
}

function serviceRow(service: ServiceStatus, hasBudgets: boolean): string[] {
  const { errorBudget } = service;
  return [
    service.service,
    service.liveVersion ?? '-',
    service.traffic ? describeTraffic(service.traffic) : 'unknown',
    service.releaseId ?? '-',
    ...(hasBudgets ? [errorBudget ? `${errorBudget.leftPercent}%` : '-'] : []),
    service.frozen ?? '-',
  ];
}

async function showRelease(session: Session, releaseId: string): Promise<void> {
  const { io, hasColor } = session;
  const found = await session.api.release(releaseId);
  const width = io.isTTY ? { width: io.columns } : {};
  session.show(found, renderTimeline(found, { color: hasColor, nowMs: io.now(), ...width }));
}

async function showService(session: Session, name: string): Promise<void> {
  const { services } = await session.api.services();
  const service = services.find((known) => known.service === name);
  if (!service) throw new CommandError('ServiceUnknownError', `there is no service "${name}"`);
  const { releases } = await session.api.releases({ service: name, limit: '10' });
  session.show({ service, releases }, [
    ...describeService(service),
    ...(releases.length === 0 ? [] : ['', ...releaseTable(releases)]),
  ]);
}

function describeService(service: ServiceStatus): string[] {
  return renderTable([
    ['service', service.service],
    ['owner', service.owner ?? '-'],
    ['live', service.liveVersion ?? '-'],
    ['traffic', service.traffic ? describeTraffic(service.traffic) : 'unknown'],
    ['release', service.releaseId ?? '-'],
    ['frozen', service.frozen ?? '-'],
    ...(service.errorBudget ? [['budget', describeBudget(service.errorBudget)]] : []),
  ]);
}

/** `81.4% of 28d left, the last release burnt 3.1% (12% of that time is known)`. */
function describeBudget(budget: NonNullable<ServiceStatus['errorBudget']>): string {
  const { leftPercent, windowSeconds, knownPercent, lastRelease, recoversAt } = budget;
  const left = `${leftPercent}% of ${formatDays(windowSeconds)} left`;
  const burnt = lastRelease ? `, the last release burnt ${lastRelease.burntPercent}%` : '';
  const known = knownPercent < 100 ? ` (${knownPercent}% of that time is known)` : '';
  const recovers = recoversAt ? `; enough again at ${recoversAt}` : '';
  return `${left}${burnt}${known}${recovers}`;
}

function formatDays(seconds: number): string {
  const days = seconds / 86_400;
  return days >= 1 ? `${Number(days.toFixed(1))}d` : `${Number((seconds / 3600).toFixed(1))}h`;
}

function releaseTable(releases: readonly ReleaseSummary[]): string[] {
  return renderTable([
    ['RELEASE', 'VERSION', 'REQUESTED', 'BY', 'STATE', 'REASON'],
    ...releases.map((release) => [
      release.releaseId,
      release.version,
      release.requestedAt,
      release.requestedBy,
      release.outcome ?? release.phase,
      shorten(release.reason ?? '-'),
    ]),
  ]);
}

function shorten(text: string): string {
  return text.length > 72 ? `${text.slice(0, 71)}…` : text;
}
