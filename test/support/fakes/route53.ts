import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { Clock } from '../../../lib/release/clock.ts';
import type { Route53Api } from '../../../lib/routers/route53-records.ts';
import { applyBatch, dotted } from './route53/record-rules.ts';
import { createFakeCalls, type FakeCalls, type Input, sdkError } from './sdk-client.ts';

/** How Route 53 behaves. May be changed at any moment. */
export interface Route53Knobs {
  /** Milliseconds until name servers follow a change, and GetChange says INSYNC. */
  propagationMs: number;
  /** Milliseconds for which a zone takes no other change: PriorRequestNotComplete. */
  processingMs: number;
  /** Most record sets on a page. */
  pageSize: number;
  isPrivate: boolean;
  nameServers: string[];
}

/** A hosted zone of Route 53 in memory, and faults to inject. */
export interface FakeRoute53 extends Route53Knobs, FakeCalls {
  readonly route53: Route53Api;
  readonly hostedZoneId: string;
  /** Record sets as the API has them. */
  records(name?: string): ResourceRecordSet[];
  /** Record sets as the name servers answer them now. */
  served(): ResourceRecordSet[];
  /** Somebody else changes records. */
  editByHand(...changes: Change[]): void;
  /** Nobody remembers the changes made so far: GetChange knows none of them. */
  forgetChanges(): void;
  /** What the checkers of a health check report. */
  setHealth(healthCheckId: string, reports: string[] | 'calculated'): void;
}

interface Submission {
  id: string;
  atMs: number;
  records: ResourceRecordSet[];
}

/**
 * A fake of the Route 53 client for tests.
 * @example
 * const fake = createFakeRoute53(clock);
 * fake.loseAnswer('ChangeResourceRecordSets');
 */
export function createFakeRoute53(clock: Clock): FakeRoute53 {
  const hostedZoneId = 'Z0123456789ABC';
  const knobs: Route53Knobs = {
    propagationMs: 20_000,
    processingMs: 0,
    pageSize: 300,
    isPrivate: false,
    nameServers: ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net'],
  };
  const { createSend, ...calls } = createFakeCalls('Route 53');
  const health = new Map<string, string[] | 'calculated'>();
  const history: Submission[] = [{ id: '', atMs: 0, records: [] }];
  let known = new Set<string>();

  const latest = () => history.at(-1) as Submission;

  function submit(changes: readonly Change[]): Submission {
    const records = applyBatch(latest().records, changes);
    const made = { id: `/change/C${history.length}`, atMs: clock.now(), records };
    history.push(made);
    known.add(made.id);
    return made;
  }

  const isFollowed = ({ atMs }: Submission) => clock.now() >= atMs + state.propagationMs;

  const infoOf = (made: Submission) => ({
    Id: made.id,
    Status: isFollowed(made) ? 'INSYNC' : 'PENDING',
    SubmittedAt: new Date(made.atMs),
  });

  function list({
    StartRecordName,
    StartRecordType = '',
    StartRecordIdentifier = '',
    MaxItems,
  }: Input) {
    const start = sortKey(StartRecordName, StartRecordType, StartRecordIdentifier);
    const sorted = latest()
      .records.map((set) => [sortKey(set.Name, set.Type, set.SetIdentifier), set] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([key]) => key >= start)
      .map(([, set]) => set);
    const size = Math.min(state.pageSize, Number(MaxItems ?? 300));
    const next = sorted[size];
    return {
      ResourceRecordSets: structuredClone(sorted.slice(0, size)),
      IsTruncated: next !== undefined,
      NextRecordName: next?.Name,
      NextRecordType: next?.Type,
      NextRecordIdentifier: next?.SetIdentifier,
    };
  }

  const operations = {
    ListResourceRecordSets: list,
    ChangeResourceRecordSets({ ChangeBatch }: Input) {
      if (clock.now() < latest().atMs + state.processingMs) {
        throw sdkError(
          'PriorRequestNotComplete',
          'The request was rejected because Route 53 was still processing a prior request.',
        );
      }
      return { ChangeInfo: infoOf(submit((ChangeBatch as { Changes: Change[] }).Changes)) };
    },
    GetChange({ Id }: Input) {
      const made = history.find(({ id }) => id === Id && known.has(id));
      if (made) return { ChangeInfo: infoOf(made) };
      throw sdkError('NoSuchChange', `A change with the specified change ID does not exist: ${Id}`);
    },
    GetHostedZone: () => ({
      HostedZone: { Id: hostedZoneId, Config: { PrivateZone: state.isPrivate } },
      DelegationSet: { NameServers: state.nameServers },
    }),
    GetHealthCheckStatus({ HealthCheckId }: Input) {
      const reports = health.get(String(HealthCheckId));
      if (!reports) throw sdkError('NoSuchHealthCheck', `no health check ${HealthCheckId}`);
      if (reports === 'calculated') throw sdkError('InvalidInput', 'not for calculated checks');
      return {
        HealthCheckObservations: reports.map((Status) => ({ StatusReport: { Status } })),
      };
    },
  };

  const state: FakeRoute53 = Object.assign(knobs, calls, {
    route53: { send: createSend(operations) } as unknown as Route53Api,
    hostedZoneId,
    records: (name?: string) =>
      structuredClone(
        latest().records.filter(({ Name }) => name === undefined || Name === dotted(name)),
      ),
    served: () => history.filter(isFollowed).at(-1)?.records ?? [],
    editByHand: (...changes: Change[]) => void submit(changes),
    forgetChanges() {
      known = new Set();
    },
    setHealth: (id: string, reports: string[] | 'calculated') => void health.set(id, reports),
  });
  return state;
}

/** "By DNS name with the labels reversed", then type, then set identifier. */
function sortKey(name: unknown, type: unknown, setId: unknown): string {
  const labels = dotted(String(name)).slice(0, -1).split('.').reverse().join('.');
  return [`${labels}.`, type ?? '', setId ?? ''].join('\u0000');
}
