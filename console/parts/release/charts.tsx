import { LineChart } from '../../charts/line-chart.tsx';
import { chartsOf, rangeOf, within } from '../../charts/series.ts';
import { plainReason } from '../../model/verdicts.ts';
import { useResource } from '../../state/resource.ts';
import type { ReleaseMetrics, ReleaseStatus } from '../../types.ts';
import { sentence } from '../../words/text.ts';
import { SideMark } from '../marks.tsx';
import { Problem, Section, Skeleton } from '../states.tsx';
import { Time } from '../time.tsx';

/** Blue and green beside each other over the time of the release. */
export function ChartsPart({ status }: { status: ReleaseStatus }) {
  const path = `/api/releases/${encodeURIComponent(status.releaseId)}/metrics`;
  const isRunning = status.outcome === null;
  const { data, error, reload } = useResource<ReleaseMetrics>(path, (change) =>
    change === null ? isRunning : change.releaseId === status.releaseId,
  );
  return (
    <Section title="Blue and green" aside={<Legend />} class="charts-part">
      {error && !data && <Problem error={error} onRetry={reload} />}
      {!data && !error && <Skeleton lines={5} label="Metrics are being read" />}
      {data && (isEmpty(data) ? <NoMetrics why={data.unavailable} /> : <Charts metrics={data} />)}
    </Section>
  );
}

function Charts({ metrics }: { metrics: ReleaseMetrics }) {
  const range = rangeOf(metrics);
  return (
    <>
      <div class="charts">
        {chartsOf(metrics).map((chart) => (
          <LineChart
            key={chart.key}
            chart={within(chart, range)}
            marks={metrics.marks}
            range={range}
          />
        ))}
      </div>
      <p class="hint charts-range">
        <Time at={new Date(range[0]).toISOString()} isShort /> to <Time at={metrics.to} isShort />.
        Marks: → shift of traffic, short ticks for looks of the judge, × breach, dotted end.
      </p>
      {metrics.marks.length > 0 && <MarkList metrics={metrics} />}
    </>
  );
}

/** The marks as text, for those who cannot point at them. */
function MarkList({ metrics }: { metrics: ReleaseMetrics }) {
  const shown = metrics.marks.filter(({ kind }) => kind !== 'verdict');
  return (
    <ul class="mark-list">
      {shown.map(({ at, kind, label }) => (
        <li key={`${kind}-${at}`} class={kind}>
          <Time at={at} isShort /> {plainReason(label)}
        </li>
      ))}
    </ul>
  );
}

function Legend() {
  return (
    <p class="legend" aria-hidden="true">
      <SideMark color="blue" /> blue <SideMark color="green" /> green
    </p>
  );
}

function NoMetrics({ why }: { why: string | null }) {
  const words = why ?? 'nothing has been measured yet: charts appear with the first requests';
  return <p class="hint">{sentence(words)}</p>;
}

function isEmpty({ blue, green }: ReleaseMetrics): boolean {
  return [...blue, ...green].every(({ requests }) => requests === 0);
}
