import { plainReason } from '../../model/verdicts.ts';
import { releasePath } from '../../router.ts';
import type { Resource } from '../../state/resource.ts';
import type { ReleaseSummary, ReleasesAnswer } from '../../types.ts';
import { durationInWords } from '../../words/durations.ts';
import { StateBadge } from '../badge.tsx';
import { Empty, Problem, Section, Skeleton } from '../states.tsx';
import { Time } from '../time.tsx';

/** Every release of a service, newest first, with its outcome and figures. */
export function HistoryPart({
  releases: { data, error, reload },
}: {
  releases: Resource<ReleasesAnswer>;
}) {
  return (
    <Section title="Releases">
      {error && <Problem error={error} onRetry={reload} />}
      {!data && !error && <Skeleton label="Releases are being read" />}
      {data?.releases.length === 0 && <Empty title="No release yet" />}
      {data && data.releases.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
        <section class="table-frame" aria-label="All releases" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Outcome</th>
                <th scope="col">Asked for</th>
                <th scope="col">By</th>
                <th scope="col">Until cutover</th>
                <th scope="col">Found to restored</th>
                <th scope="col">In all</th>
              </tr>
            </thead>
            <tbody>
              {data.releases.map((release) => (
                <Row key={release.releaseId} release={release} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Section>
  );
}

function Row({ release }: { release: ReleaseSummary }) {
  const { timings, releaseId, version, reason } = release;
  return (
    <tr>
      <th scope="row">
        <a href={releasePath(releaseId)}>{version}</a>
      </th>
      <td>
        <StateBadge {...release} />
        {reason && <span class="reason">{plainReason(reason)}</span>}
      </td>
      <td class="number">
        <Time at={release.requestedAt} />
      </td>
      <td>{release.requestedBy}</td>
      <td class="number">{inWords(timings.cutoverMs)}</td>
      <td class="number">{inWords(timings.detectToRestoredMs)}</td>
      <td class="number">{inWords(timings.totalMs)}</td>
    </tr>
  );
}

function inWords(ms: number | null): string {
  return ms === null ? '–' : durationInWords(ms);
}
