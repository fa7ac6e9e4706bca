import { useEffect, useState } from 'preact/hooks';
import { SplitBar, SplitLegend } from '../charts/split-bar.tsx';
import { overviewOf, type ServiceRow } from '../model/overview.ts';
import { whyNot } from '../model/rights.ts';
import { Actions } from '../parts/actions.tsx';
import { Badge, StateBadge } from '../parts/badge.tsx';
import { FreezeNotice, useFreezeAction } from '../parts/freeze-buttons.tsx';
import { ReleaseDialog } from '../parts/release-dialog.tsx';
import { Empty, Problem, Skeleton } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { releasePath, servicePath } from '../router.ts';
import { useTitle } from '../state/browser.ts';
import { useConsole } from '../state/console-context.ts';
import { useResource } from '../state/resource.ts';
import type { FreezesAnswer, ReleasesAnswer, ServicesAnswer } from '../types.ts';
import { counted } from '../words/text.ts';

/** Every service: what is live, what is being released, what is frozen. */
export function ServicesPage() {
  const { live } = useConsole();
  const services = useResource<ServicesAnswer>('/api/services');
  const releases = useResource<ReleasesAnswer>('/api/releases?limit=100');
  const freezes = useResource<FreezesAnswer>('/api/freezes');
  const rows = services.data && overviewOf(services.data, releases.data, freezes.data);
  const running = rows?.filter((row) => row.running).length ?? 0;
  useTitle(running > 0 ? `${counted(running, 'release')} running` : 'Services');
  useEffect(() => live.setBusy(running > 0), [live, running > 0]);
  const reload = () => {
    for (const it of [services, freezes]) it.reload();
  };
  const everything = freezes.data?.freezes.find(({ scope }) => scope === '*') ?? null;
  return (
    <>
      <PageHead count={rows?.length ?? null} isFrozen={everything !== null} onDone={reload} />
      {everything && <FreezeNotice freeze={everything} />}
      {services.error && <Problem error={services.error} onRetry={services.reload} />}
      {!rows && !services.error && <Skeleton lines={4} label="Services are being read" />}
      {rows?.length === 0 && <NothingYet />}
      {rows && rows.length > 0 && (
        <ul class="services">
          {rows.map((row) => (
            <ServiceCard key={row.service} row={row} onDone={reload} />
          ))}
        </ul>
      )}
    </>
  );
}

function PageHead(props: { count: number | null; isFrozen: boolean; onDone(): void }) {
  const freeze = useFreezeAction('*', props.isFrozen, props.onDone);
  return (
    <div class="page-head">
      <h1 tabIndex={-1}>Services</h1>
      {props.count !== 0 && <Actions actions={[freeze.button]} />}
      {freeze.dialog}
    </div>
  );
}

function NothingYet() {
  return (
    <Empty title="No service yet">
      <p>Write a manifest that says how your service is released, and bring it in:</p>
      <pre>
        <code>verdigris apply storefront.yml</code>
      </pre>
      <p>Then release its first version:</p>
      <pre>
        <code>verdigris release storefront --artifact ./v1 --version v1</code>
      </pre>
    </Empty>
  );
}

function ServiceCard({ row, onDone }: { row: ServiceRow; onDone(): void }) {
  const { session } = useConsole();
  const { service, liveVersion, sides, running, last } = row;
  const [isReleasing, setReleasing] = useState(false);
  const freezing = useFreezeAction(service, row.isStopped, onDone);
  const release = {
    label: 'Release…',
    whyNot: whyNot(session.grants, 'release', service),
    onClick: () => setReleasing(true),
  };
  return (
    <li class="card service">
      <div class="service-name">
        <h2>
          <a href={servicePath(service)}>{service}</a>
        </h2>
        {row.owner && <p class="hint">{row.owner}</p>}
      </div>
      <div class="service-live">
        <p class="live-version">{row.liveWords}</p>
        <SplitBar sides={sides} />
        <SplitLegend sides={sides} />
      </div>
      <div class="service-state">
        {running && (
          <a class="running" href={releasePath(running.releaseId)}>
            <StateBadge {...running} /> <span>{running.version}</span>
          </a>
        )}
        {!running && last && (
          <a class="running" href={releasePath(last.releaseId)}>
            <StateBadge {...last} />{' '}
            <span>
              {last.version}, <Ago at={last.endedAt ?? last.requestedAt} />
            </span>
          </a>
        )}
        {row.frozen && (
          <p class="frozen-line">
            <Badge tone="warn">Frozen</Badge> <span>{row.frozen}</span>
          </p>
        )}
      </div>
      <Actions actions={[release, freezing.button]} />
      {freezing.dialog}
      {isReleasing && (
        <ReleaseDialog
          service={service}
          liveVersion={liveVersion}
          onClose={() => setReleasing(false)}
        />
      )}
    </li>
  );
}
