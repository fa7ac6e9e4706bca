import type { CheckShown } from '../../model/events.ts';
import type { Phase } from '../../types.ts';
import type { Tone } from '../../words/phases.ts';
import { capitalized, counted } from '../../words/text.ts';
import { Badge } from '../badge.tsx';
import { Section } from '../states.tsx';
import { Time } from '../time.tsx';

const tones: Record<CheckShown['verdict'], Tone> = { pass: 'good', warn: 'warn', fail: 'bad' };

/** Every check with its verdict; what it saw is behind it. */
export function ChecksPart({ checks, phase }: { checks: readonly CheckShown[]; phase: Phase }) {
  if (checks.length === 0 && phase !== 'validating') return null;
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length;
  const sum = failed > 0 ? `${failed} of ${checks.length} failed` : counted(checks.length, 'check');
  return (
    <Section title="Checks" aside={<p class="hint">{sum}</p>}>
      {checks.length === 0 && <p class="hint">They are running.</p>}
      <ul class="checks">
        {checks.map((check) => (
          <li key={check.name}>
            <Check check={check} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Check({ check }: { check: CheckShown }) {
  const { name, verdict, summary, isCritical, at, evidence } = check;
  return (
    <details class="check" open={verdict === 'fail'}>
      <summary>
        <Badge tone={tones[verdict]}>{verdict}</Badge>
        <b>{name}</b>
        <span class="check-summary">{summary}</span>
      </summary>
      <p class="hint">
        {isCritical ? 'Critical: it has to pass.' : 'Not critical: it only warns.'} <Time at={at} />
      </p>
      <Evidence evidence={evidence} />
    </details>
  );
}

/** What a check saw, key by key. */
export function Evidence({ evidence }: { evidence: Record<string, unknown> }) {
  const entries = Object.entries(evidence);
  if (entries.length === 0) return <p class="hint">It kept no evidence.</p>;
  return (
    <dl class="evidence">
      {entries.map(([key, value]) => (
        <div key={key}>
          <dt>{capitalized(key)}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
