import {
  allowedInWords,
  type Look,
  lookInWords,
  metricName,
  metricValue,
  plainReason,
} from '../../model/verdicts.ts';
import { capitalized } from '../../words/text.ts';
import { Badge } from '../badge.tsx';
import { Section } from '../states.tsx';
import { Time } from '../time.tsx';

const tones = { healthy: 'good', breach: 'bad', 'not-enough-data': 'idle' } as const;
const words = { healthy: 'Healthy', breach: 'Breach', 'not-enough-data': 'Not enough data' };

/** What the judge says of green, with the numbers that decided. Nothing before its first look. */
export function JudgePart({ looks }: { looks: readonly Look[] }) {
  const last = looks.at(-1);
  if (!last) return null;
  return (
    <Section
      title="What the judge says"
      aside={<Badge tone={tones[last.verdict]}>{words[last.verdict]}</Badge>}
    >
      <p class="judge-words">{lookInWords(last)}</p>
      {last.metrics.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
        <section class="table-frame" aria-label="Metrics compared" tabIndex={0}>
          <MetricTable look={last} />
        </section>
      )}
      <p class="hint">
        Look {looks.length}, at <Time at={last.at} isShort />. Its own words:{' '}
        {plainReason(last.reason)}
      </p>
    </Section>
  );
}

function MetricTable({ look }: { look: Look }) {
  return (
    <table class="metrics">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col">Blue</th>
          <th scope="col">Green</th>
          <th scope="col">Allowed</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        {look.metrics.map((it) => (
          <tr key={it.metric}>
            <th scope="row">{capitalized(metricName(it.metric))}</th>
            <td class="number">{metricValue(it.metric, it.baseline)}</td>
            <td class="number">{metricValue(it.metric, it.candidate)}</td>
            <td class="number">{allowedInWords(it)}</td>
            <td>
              <Badge tone={tones[it.verdict]}>{words[it.verdict]}</Badge>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
