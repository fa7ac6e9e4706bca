import { breachOf } from '../../model/events.ts';
import type { ReleaseStatus } from '../../types.ts';
import { sentence } from '../../words/text.ts';
import { ToneMark } from '../marks.tsx';
import { Time } from '../time.tsx';

/** Why the release has to be undone, in sight as soon as the conductor knows. */
export function BreachPart({ status }: { status: ReleaseStatus }) {
  const breach = breachOf(status);
  if (!breach) return null;
  return (
    <section class="banner bad" aria-label="Breach">
      <ToneMark tone="bad" />
      <div>
        <p class="banner-title">{sentence(breach.reason)}</p>
        <p>
          Found by {breach.by}, <Time at={breach.at} isShort />
        </p>
      </div>
    </section>
  );
}
