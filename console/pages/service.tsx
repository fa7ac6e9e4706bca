import { useEffect, useState } from 'preact/hooks';
import { SplitBar, SplitLegend } from '../charts/split-bar.tsx';
import type { Change } from '../live.ts';
import { overviewOf, type ServiceRow } from '../model/overview.ts';
import { whyNot } from '../model/rights.ts';
import { Actions } from '../parts/actions.tsx';
import { StateBadge } from '../parts/badge.tsx';
import { Breadcrumbs } from '../parts/breadcrumbs.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { ErrorBudgetFacts } from '../parts/error-budget.tsx';
import { FreezeNotice, useFreezeAction } from '../parts/freeze-buttons.tsx';
import { ReleaseDialog } from '../parts/release-dialog.tsx';
import { DiagnosisPart } from '../parts/service/diagnosis.tsx';
import { HistoryPart } from '../parts/service/history.tsx';
import { ManifestPart } from '../parts/service/manifest.tsx';
import { Problem, Section, Skeleton } from '../parts/states.tsx';
import { releasePath } from '../router.ts';
import { useTitle } from '../state/browser.ts';
import { useConsole } from '../state/console-context.ts';
import { useResource } from '../state/resource.ts';
import type { FreezesAnswer, ReleaseStatus, ReleasesAnswer, ServicesAnswer } from '../types.ts';
import { serviceRollbackWords } from '../words/confirmations.ts';

/** One service: what is live, its history, its manifest, and what is wrong with it. */
export function ServicePage({ service }: { service: string }) {
  const { live } = useConsole();
  const concerns = (change: Change | null) => !change?.service || change.service === service;
  const query = `service=${encodeURIComponent(service)}&limit=50`;
  const services = useResource<ServicesAnswer>('/api/services', concerns);
  const releases = useResource<ReleasesAnswer>(`/api/releases?${query}`, concerns);
  const freezes = useResource<FreezesAnswer>('/api/freezes');
  const rows = services.data && overviewOf(services.data, releases.data, freezes.data);
  const row = rows?.find((it) => it.service === service) ?? null;
  const isRunning = row?.running != null;
  useTitle(service);
  useEffect(() => live.setBusy(isRunning), [live, isRunning]);
  const everything = freezes.data?.freezes.find(({ scope }) => scope === '*');
  const reload = () => {
    for (const it of [services, releases, freezes]) it.reload();
  };
  return (
    <>
      <Breadcrumbs here={service} />
      <div class="page-head">
        <h1 tabIndex={-1}>{service}</h1>
        {row && <ServiceActions row={row} onDone={reload} />}
      </div>
      {everything && <FreezeNotice freeze={everything} />}
      {row?.freeze && <FreezeNotice freeze={row.freeze} />}
      {services.error && <Problem error={services.error} onRetry={services.reload} />}
      {!rows && !services.error && <Skeleton lines={4} label="The service is being read" />}
      {rows && !row && <Unknown service={service} />}
      {row && (
        <>
          <LivePart row={row} />
          {row.errorBudget && (
            <Section title="Error budget">
              <ErrorBudgetFacts budget={row.errorBudget} />
            </Section>
          )}
          <HistoryPart releases={releases} />
          <ManifestPart service={service} />
          <DiagnosisPart service={service} />
        </>
      )}
    </>
  );
}

function Unknown({ service }: { service: string }) {
  return (
    <p class="empty">
      There is no service “{service}” that you may see. <a href="/">All services</a>
    </p>
  );
}

function ServiceActions({ row, onDone }: { row: ServiceRow; onDone(): void }) {
  const { api, session, go } = useConsole();
  const [open, setOpen] = useState<'release' | 'rollback' | null>(null);
  const freezing = useFreezeAction(row.service, row.isStopped, onDone);
  const close = () => setOpen(null);
  const mayNot = whyNot(session.grants, 'release', row.service);
  const rollBack = async (reason: string | null) => {
    const path = `/api/services/${encodeURIComponent(row.service)}/rollback`;
    const body = reason === null ? {} : { reason };
    const { releaseId } = await api.send<ReleaseStatus>('POST', path, body);
    close();
    go(releasePath(releaseId));
  };
  return (
    <>
      <Actions
        actions={[
          { label: 'Release…', whyNot: mayNot, tone: 'primary', onClick: () => setOpen('release') },
          {
            label: 'Roll back…',
            whyNot: mayNot,
            tone: 'grave',
            onClick: () => setOpen('rollback'),
          },
          freezing.button,
        ]}
      />
      {freezing.dialog}
      {open === 'release' && <ReleaseDialog {...row} onClose={close} />}
      {open === 'rollback' && (
        <ConfirmDialog
          words={serviceRollbackWords(row.service, row.running?.version ?? null)}
          reason="optional"
          onConfirm={rollBack}
          onClose={close}
        />
      )}
    </>
  );
}

function LivePart({ row }: { row: ServiceRow }) {
  const { sides, running } = row;
  const aside = running && (
    <a class="running" href={releasePath(running.releaseId)}>
      <StateBadge {...running} /> <span>{running.version}</span>
    </a>
  );
  return (
    <Section title="Live now" aside={aside}>
      <p class="live-version">{row.liveWords}</p>
      <SplitBar sides={sides} isLarge />
      <SplitLegend sides={sides} />
      {row.owner && <p class="hint">Owner: {row.owner}</p>}
    </Section>
  );
}
