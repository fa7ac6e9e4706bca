import type { JsonObject } from '../../release/json.ts';
import { formatDuration } from '../../release/quantities.ts';
import type { CheckVerdict } from '../check.ts';
import type { ConnectionsConfig } from '../connections.ts';
import type { Drain } from './drain.ts';
import type { Known } from './open-connections.ts';
import type { Probed } from './probes.ts';

/** All that there is to judge. */
export interface Findings {
  config: Pick<ConnectionsConfig, 'typicalDuration' | 'webSockets' | 'eventStreams'>;
  drain: Drain;
  known: Known;
  probed: Probed[];
}

/** What was found, in one verdict. */
export function judge(findings: Findings): CheckVerdict {
  const evidence = evidenceOf(findings);
  const problems = [...findings.probed.flatMap(problemOf), ...tooShort(findings)];
  const [first, ...others] = problems;
  if (first !== undefined) {
    const more = others.length > 0 ? `; and ${others.length} more: ${others.join('; ')}` : '';
    return { verdict: 'fail', summary: `${first}${more}`, evidence };
  }
  const cut = cutWithoutReturn(findings);
  if (cut !== null) return { verdict: 'warn', summary: cut, evidence };
  return { verdict: 'pass', summary: praise(findings), evidence };
}

function problemOf({ what, green, blue, carried }: Probed): string[] {
  if (green !== null) return [`${what} on green: ${green}; ${onBlue(blue)}`];
  if (!carried) return [];
  return [`${what}: who was on blue can't go on on green: ${carried}`];
}

function onBlue(blue: string | null | undefined): string {
  if (blue === undefined) return 'there is no blue to compare with';
  return blue === null ? 'works on blue' : `on blue, too: ${blue}; is the check out of date?`;
}

function tooShort({ config, drain }: Findings): string[] {
  const { typicalDuration } = config;
  if (typicalDuration === undefined || typicalDuration <= drain.seconds) return [];
  const goOn = formatDuration(typicalDuration);
  return [
    `connections go on for ${goOn} and are cut ${formatDuration(drain.seconds)} after the switch: raise ${drain.key} to ${goOn}`,
  ];
}

/** Connections that outlive the drain time, of a sort of which nobody has asked whether clients can return. */
function cutWithoutReturn({ config, drain, known }: Findings): string | null {
  if (known.by !== 'proxy') return null;
  const sockets = config.webSockets.length > 0 ? [] : known.open.sockets;
  const requests = config.eventStreams.length > 0 ? [] : known.open.requests;
  const old = [...sockets, ...requests].filter((age) => age > drain.seconds);
  if (old.length === 0) return null;
  const limit = `the ${formatDuration(drain.seconds)} of ${drain.key}`;
  return `${old.length} of ${count(known)} connections open on blue are older than ${limit} and would be cut; name them in webSockets or eventStreams to know that clients can return`;
}

function count(known: Extract<Known, { by: 'proxy' }>): number {
  return known.open.sockets.length + known.open.requests.length;
}

function praise({ probed, known, drain }: Findings): string {
  const names = probed.map(({ what }) => what).join(', ');
  const tried =
    names === '' ? 'nothing was connected to' : `${names}: connected, dropped, back again`;
  return `${tried}; ${told(known)}, ${drain.key} ${formatDuration(drain.seconds)}`;
}

function told(known: Known): string {
  if (known.by === 'nobody') return `open connections unknown (${known.why})`;
  if (known.by === 'load-balancer')
    return `${known.count ?? 'no figure of'} connections open on ${known.loadBalancer}`;
  const ages = [...known.open.sockets, ...known.open.requests];
  if (ages.length === 0) return 'none open on blue';
  return `${ages.length} open on blue (oldest ${formatDuration(Math.round(Math.max(...ages)))})`;
}

function evidenceOf({ config, drain, known, probed }: Findings): JsonObject {
  return {
    probes: probed.map((one) => ({ ...one })),
    typicalDurationSeconds: config.typicalDuration ?? null,
    drainSeconds: drain.seconds,
    drainSaidBy: drain.key,
    open: known.by === 'proxy' ? measured(known) : { ...known },
  };
}

function measured(known: Extract<Known, { by: 'proxy' }>): JsonObject {
  const { sockets, requests } = known.open;
  const ages = [...sockets, ...requests].sort((a, b) => a - b);
  return {
    by: known.by,
    sockets: sockets.length,
    longRequests: requests.length,
    medianAgeSeconds: ages[Math.floor(ages.length / 2)] ?? null,
    oldestSeconds: ages.at(-1) ?? null,
  };
}
