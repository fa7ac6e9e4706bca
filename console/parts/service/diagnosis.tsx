import type { Change } from '../../live.ts';
import { useResource } from '../../state/resource.ts';
import type { Diagnosis, Finding } from '../../types.ts';
import { sentence } from '../../words/text.ts';
import { Badge } from '../badge.tsx';
import { Problem, Section, Skeleton } from '../states.tsx';

/** What the conductor finds wrong with a service, why it matters and what mends it. */
export function DiagnosisPart({ service }: { service: string }) {
  const path = `/api/services/${encodeURIComponent(service)}/diagnosis`;
  const isOfService = (change: Change | null) => change?.service === service;
  const { data, error, reload } = useResource<Diagnosis>(path, isOfService);
  return (
    <Section
      title="Diagnosis"
      aside={
        <button type="button" class="link" onClick={reload}>
          Examine again
        </button>
      }
    >
      {error && <Problem error={error} onRetry={reload} />}
      {!data && !error && <Skeleton label="The service is being examined" />}
      {data?.findings.length === 0 && (
        <p class="fine">Route, ledger and executions agree. Nothing to do.</p>
      )}
      {data && data.findings.length > 0 && (
        <ul class="findings">
          {data.findings.map((finding) => (
            <Item key={finding.kind + finding.subject} finding={finding} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Item({ finding }: { finding: Finding }) {
  return (
    <li>
      <Badge tone={finding.state === 'fail' ? 'bad' : 'warn'}>{finding.subject}</Badge>
      <p>{sentence(finding.detail)}</p>
      <p class="hint">{sentence(finding.why)}</p>
      <p class="hint">
        To mend it: <code>{finding.mend}</code>
      </p>
    </li>
  );
}
