/**
 * `node scripts/dns-lab/draw.ts`: draws the plots of docs/dns.md, docs/images/dns-*.svg, from the last
 * run of `npm run bench:dns`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { outputDirectory } from '../bench/output.ts';
import { type Chart, drawChart, type Line, type Panel } from './chart.ts';
import type { Point } from './figures.ts';
import type { DnsReport } from './report.ts';
import type { ChangeResult, CutoverResult } from './run.ts';

const images = path.join(import.meta.dirname, '../../docs/images');
const levels = [0, 0.25, 0.5, 0.75, 1];
const changes = ['cutover', 'rollback'] as const;

type Drawn = Omit<Line, 'points'> & { scenario: string; audience: string; label: string };

function changeOf(report: DnsReport, scenario: string, change: string): ChangeResult | undefined {
  const found = report.cutovers.find((it: CutoverResult) => it.name === scenario);
  return found?.changes.find((it) => it.change === change);
}

function pointsOf(report: DnsReport, { scenario, audience }: Drawn, change: string): Point[] {
  const found = changeOf(report, scenario, change);
  return found?.audiences.find((it) => it.audience === audience)?.curve ?? [];
}

function panelsOf(report: DnsReport, drawn: readonly Drawn[], untilSeconds: number): Panel[] {
  return changes.map((change) => {
    const first = changeOf(report, drawn[0]?.scenario ?? '', change);
    return {
      title: change === 'cutover' ? 'Cutover, blue to green' : 'Rollback, green to blue',
      fromSeconds: -3,
      untilSeconds,
      levels,
      marks: marksOf(first),
      lines: drawn.map((it) => ({
        className: it.className,
        points: pointsOf(report, it, change).filter(({ seconds }) => seconds <= untilSeconds),
      })),
    };
  });
}

function marksOf(change: ChangeResult | undefined): Panel['marks'] {
  const marks = [
    { ms: change?.insyncMs ?? null, label: 'INSYNC' },
    { ms: change?.convergedMs ?? null, label: 'converged' },
  ];
  return marks.flatMap(({ ms, label }) => (ms === null ? [] : [{ seconds: ms / 1000, label }]));
}

function cutoverChart(report: DnsReport): Chart {
  const { ttl, lowerTo } = report.scale;
  const audience = 'resolvers';
  const drawn: Drawn[] = [
    { className: 'a', scenario: 'kept', audience, label: `TTL ${ttl}` },
    { className: 'b', scenario: 'hurried', audience, label: `lowered to ${lowerTo} just before` },
    {
      className: 'c',
      scenario: 'lowered',
      audience,
      label: `lowered to ${lowerTo}, waited ${ttl} s`,
    },
    { className: 'd', scenario: 'lowered', audience: 'name servers', label: 'no cache' },
  ];
  return {
    title: 'Clients that still go to the old side',
    caption: `Share of ${report.scale.clients} clients behind ${report.scale.resolvers.obedient} caching resolvers whose last answer was an old one; asked for at 0 s, converged: the router says so for TTL ${ttl}`,
    description:
      'With the long TTL old answers live as long as that TTL after the name servers have changed, and lowering the TTL helps only when the old one was waited for.',
    columns: 2,
    panels: panelsOf(report, drawn, report.scale.propagation + ttl + 3),
    legend: drawn,
  };
}

function resolverChart(report: DnsReport): Chart {
  const { lowerTo, raisedTo, rareEvery } = report.scale;
  const scenario = 'lowered';
  const drawn: Drawn[] = [
    { className: 'c', scenario, audience: 'resolvers', label: 'obey' },
    {
      className: 'b',
      scenario,
      audience: 'resolvers with a minimum',
      label: `keep ${raisedTo} s at least`,
    },
    {
      className: 'a',
      scenario,
      audience: 'resolvers that answer expired entries',
      label: `answer expired entries, asked every ${rareEvery} s`,
    },
    { className: 'd', scenario, audience: 'name servers', label: 'no cache' },
  ];
  return {
    title: `Resolvers that don't obey a TTL of ${lowerTo} seconds`,
    caption:
      'Share of clients whose last answer was an old one; asked for at 0 s, converged: the router says so',
    description:
      'Resolvers with a minimum of their own, and those that answer from expired entries, keep clients on the old side long after the TTL.',
    columns: 2,
    panels: panelsOf(
      report,
      drawn,
      report.scale.propagation + Math.max(raisedTo, 2 * rareEvery) + 3,
    ),
    legend: drawn,
  };
}

function splitChart({ split, scale }: DnsReport): Chart {
  return {
    title: `${split.greenWeight} % on green, and who gets it`,
    caption: `Share of ${scale.clients} clients whose last answer was green; TTL ${split.ttl}`,
    description:
      'Behind one resolver all clients flip together between 0 and 100 percent; behind several resolvers in groups; only without a cache does the share stay near its weight.',
    columns: 1,
    panels: split.audiences.map(({ audience, greenShare, curve }) => ({
      title: `Through ${audience}: ${(greenShare * 100).toFixed(1)} % of all answers`,
      fromSeconds: 0,
      untilSeconds: scale.split,
      levels: [0, 0.5, 1],
      marks: [],
      lines: [{ className: 'a', points: curve }],
    })),
    legend: [],
  };
}

const file = path.join(outputDirectory, 'dns.json');
const report = JSON.parse(readFileSync(file, 'utf8')) as DnsReport;
for (const [name, svg] of [
  ['dns-cutover.svg', drawChart(cutoverChart(report), 260)],
  ['dns-resolvers.svg', drawChart(resolverChart(report), 260)],
  ['dns-split.svg', drawChart(splitChart(report), 90)],
] as const) {
  writeFileSync(path.join(images, name), svg);
}
