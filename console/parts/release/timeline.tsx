import type { Stage } from '../../model/stages.ts';
import { useNow } from '../../state/browser.ts';
import { durationInWords, roughly } from '../../words/durations.ts';
import { Time } from '../time.tsx';

const spoken: Record<Stage['state'], string> = {
  done: 'done',
  current: 'now',
  failed: 'stopped here',
  todo: 'to come',
};

/** What the release went through, where it is, and what is ahead. */
export function Timeline({ stages, isRunning }: { stages: readonly Stage[]; isRunning: boolean }) {
  return (
    <nav class="timeline" aria-label="Timeline">
      <ol>
        {stages.map((stage, i) => (
          <li
            key={`${stage.key}-${i}`}
            class={`stage ${stage.state} ${stage.key}`}
            aria-current={stage.state === 'current' && isRunning ? 'step' : undefined}
          >
            <StageSign state={stage.state} />
            <p class="stage-label">
              {stage.label}
              <span class="unseen">, {spoken[stage.state]}</span>
            </p>
            <p class="stage-time">
              <StageTime stage={stage} isRunning={isRunning} />
            </p>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function StageSign({ state }: { state: Stage['state'] }) {
  return (
    <svg class="stage-sign" viewBox="0 0 24 24" aria-hidden="true">
      <circle class="stage-ring" cx="12" cy="12" r="9" />
      {state === 'done' && <path d="M8 12.5l3 3 5.5-6.5" />}
      {state === 'failed' && <path d="M8.5 8.5l7 7M15.5 8.5l-7 7" />}
      {state === 'current' && <circle class="stage-dot" cx="12" cy="12" r="4" />}
    </svg>
  );
}

function StageTime({ stage, isRunning }: { stage: Stage; isRunning: boolean }) {
  const { startedAt, endedAt, state, note } = stage;
  const isMoving = state === 'current' && isRunning && startedAt !== null;
  const now = useNow(1000, isMoving);
  if (startedAt === null) return null;
  const length = Date.parse(endedAt ?? startedAt) - Date.parse(startedAt);
  return (
    <>
      <Time at={startedAt} isShort />
      {isMoving && <span> for {roughly(now - Date.parse(startedAt))}</span>}
      {endedAt && length > 0 && <span> took {durationInWords(length)}</span>}
      {note && <span> {note}</span>}
    </>
  );
}
