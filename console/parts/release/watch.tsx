import { looksOf } from '../../model/verdicts.ts';
import { watchProgress } from '../../model/watch.ts';
import { useNow } from '../../state/browser.ts';
import type { ReleaseStatus } from '../../types.ts';
import { countdown, durationInWords } from '../../words/durations.ts';
import { counted } from '../../words/text.ts';
import { Section } from '../states.tsx';
import { Time } from '../time.tsx';

/** How much of the watch window is over, and how long signals can still undo the shift. */
export function WatchPart(props: {
  status: ReleaseStatus;
  watch: { startedAt: string; endsAt: string };
}) {
  const { status, watch } = props;
  const now = useNow(500);
  const { percent, leftMs, lengthMs } = watchProgress(watch, now);
  const looks = looksOf(status.events).filter(({ at }) => at >= watch.startedAt).length;
  return (
    <Section
      title="Watch window"
      aside={
        <p class="countdown" role="timer" aria-label={`${durationInWords(leftMs)} left`}>
          {countdown(leftMs)} <span class="hint">left</span>
        </p>
      }
    >
      <div
        class="progress"
        role="progressbar"
        aria-label="Watch window"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(percent)}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      <p class="hint">
        An alarm or a worse green puts traffic back at once. {counted(looks, 'look')} so far; the
        window of {durationInWords(lengthMs)} ends at <Time at={watch.endsAt} isShort />.
      </p>
    </Section>
  );
}
