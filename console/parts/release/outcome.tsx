import { keptUntil } from '../../model/kept.ts';
import { plainReason } from '../../model/verdicts.ts';
import type { Outcome, ReleaseStatus } from '../../types.ts';
import { durationInWords } from '../../words/durations.ts';
import { outcomeMeaning, stateWords } from '../../words/phases.ts';
import { sentence, whoInWords } from '../../words/text.ts';
import { ToneMark } from '../marks.tsx';
import { Time } from '../time.tsx';

/** How it ended, why, what it means for visitors, and its figures: what a postmortem begins with. */
export function OutcomePart({ status }: { status: ReleaseStatus }) {
  const { outcome } = status;
  if (outcome === null) return null;
  const { label, tone } = stateWords(status);
  return (
    <section class={`banner ${tone}`} aria-label="Outcome">
      <ToneMark tone={tone} />
      <div>
        <p class="banner-title">
          {label}. {outcomeMeaning(outcome)}
        </p>
        {status.reason && <p>{sentence(plainReason(status.reason))}</p>}
        <Facts status={status} outcome={outcome} />
      </div>
    </section>
  );
}

function Facts({ status, outcome }: { status: ReleaseStatus; outcome: Outcome }) {
  const { cutoverMs, detectToRestoredMs, totalMs } = status.timings;
  const { breach } = status;
  const { asked, passed, observabilityCoverage } = status.verification;
  const kept = outcome === 'completed' ? keptUntil(status) : null;
  return (
    <dl class="facts">
      {cutoverMs !== null && <Fact name="Until cutover" value={durationInWords(cutoverMs)} />}
      {detectToRestoredMs !== null && (
        <Fact name="Found to restored" value={durationInWords(detectToRestoredMs)} />
      )}
      {totalMs !== null && <Fact name="In all" value={durationInWords(totalMs)} />}
      {asked > 0 && <Fact name="Checks passed" value={`${passed} of ${asked}`} />}
      {observabilityCoverage !== null && (
        <Fact name="Telemetry covered" value={`${observabilityCoverage} %`} />
      )}
      {breach && outcome !== 'completed' && (
        <div>
          <dt>Found</dt>
          <dd>
            by {whoInWords(breach.by)}, <Time at={breach.detectedAt} isShort />
          </dd>
        </div>
      )}
      {kept && (
        <div>
          <dt>Can be undone until</dt>
          <dd>
            <Time at={kept} />
          </dd>
        </div>
      )}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
