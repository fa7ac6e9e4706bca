import { plainReason } from '../../model/verdicts.ts';
import type { ReleaseStatus } from '../../types.ts';
import { sentence, whoInWords } from '../../words/text.ts';
import { ToneMark } from '../marks.tsx';
import { Time } from '../time.tsx';

/** Why the release has to be undone, in sight as soon as the conductor knows. */
export function BreachPart({ status }: { status: ReleaseStatus }) {
  const { breach } = status;
  if (!breach) return null;
  return (
    <section class="banner bad" aria-label="Breach">
      <ToneMark tone="bad" />
      <div>
        <p class="banner-title">{sentence(plainReason(breach.reason))}</p>
        <p>
          Found by {whoInWords(breach.by)}, <Time at={breach.detectedAt} isShort />
        </p>
      </div>
    </section>
  );
}
