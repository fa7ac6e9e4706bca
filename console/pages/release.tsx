import { useEffect, useRef } from 'preact/hooks';
import type { Change } from '../live.ts';
import { checksOf } from '../model/events.ts';
import { sidesOf } from '../model/sides.ts';
import { stagesOf } from '../model/stages.ts';
import { looksOf } from '../model/verdicts.ts';
import { Breadcrumbs } from '../parts/breadcrumbs.tsx';
import { ApprovalPart } from '../parts/release/approval.tsx';
import { BreachPart } from '../parts/release/breach.tsx';
import { ChartsPart } from '../parts/release/charts.tsx';
import { ChecksPart } from '../parts/release/checks.tsx';
import { ReleaseHead } from '../parts/release/head.tsx';
import { JudgePart } from '../parts/release/judge.tsx';
import { LogPart } from '../parts/release/log.tsx';
import { OutcomePart } from '../parts/release/outcome.tsx';
import { Timeline } from '../parts/release/timeline.tsx';
import { TrafficPart } from '../parts/release/traffic.tsx';
import { WatchPart } from '../parts/release/watch.tsx';
import { Problem, Skeleton } from '../parts/states.tsx';
import { useTitle } from '../state/browser.ts';
import { useConsole } from '../state/console-context.ts';
import { useResource } from '../state/resource.ts';
import type { ReleaseStatus } from '../types.ts';
import { announcement, releaseTitle, stateWords } from '../words/phases.ts';

/** One release, moving while it runs. */
export function ReleasePage({ releaseId }: { releaseId: string }) {
  const { live } = useConsole();
  const path = `/api/releases/${encodeURIComponent(releaseId)}`;
  const concerns = (change: Change | null) => !change?.releaseId || change.releaseId === releaseId;
  const release = useResource<ReleaseStatus>(path, concerns);
  const { data: status, error } = release;
  const isRunning = status !== null && status.outcome === null;
  useTitle(status ? releaseTitle(status) : 'Release');
  useAnnouncements(status);
  useEffect(() => live.setBusy(isRunning), [live, isRunning]);
  if (!status) {
    return (
      <>
        <Breadcrumbs here={releaseId} />
        <h1 tabIndex={-1}>Release</h1>
        {error ? (
          <Problem error={error} onRetry={release.reload} />
        ) : (
          <Skeleton lines={8} label="The release is being read" />
        )}
      </>
    );
  }
  return (
    <>
      <Breadcrumbs service={status.service} here={status.version} />
      <ReleaseHead status={status} onDone={release.reload} />
      {error && <Problem error={error} onRetry={release.reload} />}
      <div class="release">
        <Timeline stages={stagesOf(status)} isRunning={isRunning} />
        <div class="release-body">
          <OutcomePart status={status} />
          {isRunning && <BreachPart status={status} />}
          <ApprovalPart status={status} onDone={release.reload} />
          <TrafficPart status={status} sides={sidesOf(status)} />
          {status.watch && isRunning && <WatchPart status={status} watch={status.watch} />}
          <ChartsPart status={status} />
          <JudgePart looks={looksOf(status.events)} />
          <ChecksPart checks={checksOf(status.events)} phase={status.phase} />
          <LogPart events={status.events} />
        </div>
      </div>
    </>
  );
}

/** Says aloud that the release moved on; not where it stood when the page was opened. */
function useAnnouncements(status: ReleaseStatus | null): void {
  const { announce } = useConsole();
  const known = useRef<{ releaseId: string; label: string } | null>(null);
  const label = status && stateWords(status).label;
  useEffect(() => {
    if (!status || !label) return;
    const { releaseId } = status;
    const isNews = known.current?.releaseId === releaseId && known.current.label !== label;
    known.current = { releaseId, label };
    if (isNews) announce(announcement(status));
  }, [label]);
}
