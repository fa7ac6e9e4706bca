import type { Outcome, ReleaseStatus } from '../../lib/http/api.ts';
import type { Fault } from './faults.ts';

/** What one check said of a version. */
export interface Verdict {
  name: string;
  kind: string;
  verdict: 'pass' | 'warn' | 'fail';
  /** One line. */
  summary: string;
}

/** What became of a version. */
interface VersionReport {
  version: string;
  outcome: Outcome | null;
  /** Why it is not live; null when it is. */
  reason: string | null;
  /** From the request to the end of the release, in milliseconds. */
  tookMs: number;
}

/** A release of the good shop. */
export interface GoodReport extends VersionReport {
  verdicts: Verdict[];
}

/** A release of a faulty version. */
export interface FaultReport extends VersionReport {
  /** What is wrong with it. */
  summary: string;
  /** The kind and the check that have to catch it. */
  kind: string;
  check: string;
  /** Every check that failed. */
  caughtBy: Verdict[];
  /** Answers that users had from it. */
  requestsOfUsers: number;
  /** Why this is not as it should be, or null. */
  problem: string | null;
}

/** The verdicts of a release, in the order in which they came. */
export function verdictsOf(
  { events }: ReleaseStatus,
  kinds: ReadonlyMap<string, string>,
): Verdict[] {
  return events
    .filter(({ type }) => type === 'Check Finished')
    .map(({ summary, data }) => {
      const [name, verdict] = [String(data.name), data.verdict as Verdict['verdict']];
      const said = summary.slice(`${name}: ${verdict}, `.length);
      return { name, kind: kinds.get(name) ?? 'unknown', verdict, summary: said };
    });
}

/** A release of the good shop, as it ended. */
export function reportGood(status: ReleaseStatus, kinds: ReadonlyMap<string, string>): GoodReport {
  return { ...versionReport(status), verdicts: verdictsOf(status, kinds) };
}

/** A release of a faulty version, as it ended; `requestsOfUsers` are the answers that it gave to users. */
export function reportFault(
  fault: Fault,
  status: ReleaseStatus,
  kinds: ReadonlyMap<string, string>,
  requestsOfUsers: number,
): FaultReport {
  const caughtBy = verdictsOf(status, kinds).filter(({ verdict }) => verdict === 'fail');
  const report = {
    ...versionReport(status),
    summary: fault.summary,
    kind: fault.kind,
    check: fault.check,
    caughtBy,
    requestsOfUsers,
  };
  return { ...report, problem: problemOf(fault, report) };
}

/** The same with all the answers that users had from it in the end. */
export function withAllRequests(report: FaultReport, requestsOfUsers: number): FaultReport {
  return {
    ...report,
    requestsOfUsers,
    problem: report.problem ?? seenBy(requestsOfUsers),
  };
}

function seenBy(requestsOfUsers: number): string | null {
  return requestsOfUsers > 0 ? `${requestsOfUsers} requests of users reached it` : null;
}

function versionReport({ version, outcome, reason, timings }: ReleaseStatus): VersionReport {
  return { version, outcome, reason, tookMs: timings.totalMs ?? 0 };
}

function problemOf(
  { check, kind, says }: Fault,
  { outcome, reason, caughtBy, requestsOfUsers }: Omit<FaultReport, 'problem'>,
): string | null {
  const own = caughtBy.find((it) => it.name === check && it.kind === kind);
  if (outcome === 'completed') return 'no check stopped it: it went live';
  if (outcome !== 'discarded') return `it ended as ${outcome}: ${reason}`;
  if (caughtBy.length === 0) return `it was discarded, and not by a check: ${reason}`;
  if (!own) return `only ${caughtBy.map(({ name }) => name).join(' and ')} caught it, not ${check}`;
  if (!own.summary.includes(says)) return `${check} did not say "${says}"`;
  return seenBy(requestsOfUsers);
}

/** What one kind said of all good versions together. */
export interface KindTally {
  kind: string;
  verdicts: number;
  passed: number;
  warned: number;
  /** Good versions that it failed. */
  falseAlarms: number;
  /** Different things that it said when it did not pass, at most three. */
  said: string[];
}

/** The verdicts on good versions by kind, in the order of the kinds' names. */
export function tally(good: readonly GoodReport[]): KindTally[] {
  const verdicts = good.flatMap((it) => it.verdicts);
  const kinds = [...new Set(verdicts.map(({ kind }) => kind))].toSorted();
  return kinds.map((kind) => {
    const own = verdicts.filter((it) => it.kind === kind);
    const count = (wanted: string) => own.filter(({ verdict }) => verdict === wanted).length;
    const unhappy = own.filter(({ verdict }) => verdict !== 'pass').map(({ summary }) => summary);
    return {
      ...{ kind, verdicts: own.length, passed: count('pass'), warned: count('warn') },
      falseAlarms: count('fail'),
      said: [...new Set(unhappy)].slice(0, 3),
    };
  });
}

/** Faults that were not tried, and why. */
export interface Skipped {
  reason: string;
  faults: string[];
}

/** The whole demo, as `--json` prints it. */
export interface ChecksReport {
  good: GoodReport[];
  faults: FaultReport[];
  kinds: KindTally[];
  skipped: Skipped[];
  traffic: {
    requests: number;
    /** Without an answer of the shop. */
    failed: number;
    reasons: Record<string, number>;
    /** Answers by version. */
    versions: Record<string, number>;
    /** Answers of faulty versions. */
    onFaults: number;
  };
  /** Whether the good ones went live, every fault was caught as it should be, and no user saw one. */
  isAsExpected: boolean;
}

/** Whether everything was as it should be, and no switch cost a user an answer. */
export function isAsExpected({
  good,
  faults,
  kinds,
  traffic,
}: Omit<ChecksReport, 'isAsExpected'>): boolean {
  return (
    good.every(({ outcome }) => outcome === 'completed') &&
    kinds.every(({ falseAlarms }) => falseAlarms === 0) &&
    faults.every(({ problem }) => problem === null) &&
    traffic.onFaults === 0 &&
    traffic.failed === 0
  );
}
