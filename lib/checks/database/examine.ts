import type { Timers } from '../../release/clock.ts';
import { isNamed, messageOf } from '../../release/errors.ts';
import { readCatalog } from './catalog.ts';
import type { ConnectionConfig, DatabaseCheckConfig } from './config.ts';
import { onePart, type Part } from './findings.ts';
import { judgeContraction, judgeStanding } from './judge-migrations.ts';
import { judgeProbes, judgeReplicas, judgeStatements, judgeTrial } from './judge-probes.ts';
import { gatherKnowledge, readQueries } from './knowledge.ts';
import {
  type Analysis,
  analyse,
  isBeforeAll,
  lookAtMigrations,
  type MigrationState,
} from './migrations.ts';
import { judgeChange } from './needs.ts';
import type { SqlParser } from './parser.ts';
import type { Files } from './places.ts';
import { prepareAll } from './prepare.ts';
import { isWriting, type Probe, type ProbeResult, runProbe } from './probes.ts';
import { measureKnownReplicas, measureReplica, type ReplicaResult } from './replicas.ts';
import { reading, type Session } from './session.ts';
import { createShape, type Shape } from './shape.ts';
import { tryMigrations } from './try-migrations.ts';
import type { StatementUse } from './uses.ts';

/** What is looked at. */
export interface Asked {
  greenFiles: Files;
  /** Null without a blue. */
  blueFiles: Files | null;
  /** Green is there, so that what belongs to it can be asked for. */
  isProvisioned: boolean;
  /** Green has users: nothing that writes or locks. */
  isLive: boolean;
}

/** What looking takes. */
export interface Tools {
  session: Session;
  parser: SqlParser;
  open(connection: ConnectionConfig): Promise<Session>;
  abort: AbortSignal;
  /** Of the whole check. */
  timeoutSeconds: number;
  timers: Timers;
}

/** Of replicas for which the manifest says nothing else. */
const defaultMaxLagSeconds = 10;
/** A third of the check's time may go into waiting for a replica. */
const patienceShare = 3;

/** Looks at everything that the manifest asks for, one after the other. */
export async function examine(
  config: DatabaseCheckConfig,
  asked: Asked,
  tools: Tools,
): Promise<Part[]> {
  const { state, analysis, parts } = await lookAtFiles(config, asked, tools);
  const shape = analysis?.before ?? createShape();
  const blue = await readQueries(config, asked.blueFiles, 'blue', { ...tools, shape });
  const all: Part[] = [{ findings: blue.findings, evidence: { database: tools.session.place } }];
  // What a migration does weighs more than that it is not applied.
  if (state && analysis) all.push(await judgeNews(config, state, analysis, blue.uses, tools));
  if (state) all.push(...(await tryPending(config, state, blue.uses, asked, tools)));
  all.push(...parts);
  if (asked.blueFiles) all.push(await lookUp('blue', blue.uses, tools));
  if (asked.isProvisioned) all.push(...(await lookAtGreen(config, asked, shape, tools)));
  all.push(...(await measureReplicas(config, tools)));
  return all;
}

interface LookedAt {
  state: MigrationState | null;
  analysis: Analysis | null;
  parts: Part[];
}

async function lookAtFiles(
  { migrations }: DatabaseCheckConfig,
  { greenFiles, blueFiles, isProvisioned }: Asked,
  { session, parser }: Tools,
): Promise<LookedAt> {
  const only = (part: Part): LookedAt => ({ state: null, analysis: null, parts: [part] });
  if (!migrations) return { state: null, analysis: null, parts: [] };
  if (!greenFiles.folder) {
    const text = `green's migrations cannot be read: ${greenFiles.missing}`;
    return only(onePart(isProvisioned ? 'fail' : 'note', text));
  }
  try {
    const files = { green: greenFiles.folder, blue: blueFiles };
    const state = await lookAtMigrations(migrations, files, session);
    const catalog = isBeforeAll(state) ? await catalogOf(session, parser) : null;
    const analysis = analyse(state, catalog, parser);
    // Before green is there, somebody may still apply them.
    const level = isProvisioned ? migrations.pending : 'warn';
    return { state, analysis, parts: [judgeStanding(state, level)] };
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return only(onePart('fail', messageOf(error)));
  }
}

function catalogOf(session: Session, parser: SqlParser): Promise<Shape> {
  return session.inTransaction(reading, ({ query }) => readCatalog(query, parser));
}

async function judgeNews(
  config: DatabaseCheckConfig,
  { found }: MigrationState,
  { reading: news, before }: Analysis,
  queries: readonly StatementUse[],
  { session, parser }: Tools,
): Promise<Part> {
  const context = { session, parser, shape: before, migrations: found };
  const { blue, evidence } = await gatherKnowledge(config, queries, news.changes, context);
  const judged = news.changes.map((change) => judgeChange(change, blue));
  const part = judgeContraction(judged, news, config.onContracting);
  return { ...part, evidence: { ...part.evidence, knownOfBlue: evidence } };
}

async function lookUp(
  side: 'blue' | 'green',
  uses: readonly StatementUse[],
  { session }: Tools,
): Promise<Part> {
  if (uses.length === 0) return { findings: [], evidence: {} };
  const limits = { ...reading, readOnly: false };
  const unprepared = await session.inTransaction(limits, (transaction) =>
    prepareAll(uses, transaction),
  );
  return judgeStatements(side, unprepared);
}

async function lookAtGreen(
  config: DatabaseCheckConfig,
  asked: Asked,
  shape: Shape,
  tools: Tools,
): Promise<Part[]> {
  const green = await readQueries(config, asked.greenFiles, 'green', { ...tools, shape });
  return [
    { findings: green.findings, evidence: {} },
    await lookUp('green', green.uses, tools),
    await runProbes(config, asked, tools),
  ];
}

async function runProbes(
  config: DatabaseCheckConfig,
  { blueFiles, isLive }: Asked,
  { session, parser }: Tools,
): Promise<Part> {
  const leftOut: string[] = [];
  const results: ProbeResult[] = [];
  for (const probe of probesOf(config, blueFiles !== null)) {
    if (isLive && isWriting(probe, parser)) leftOut.push(probe.name);
    else results.push(await runProbe(probe, session, parser, limitsOf(config)));
  }
  return judgeProbes(results, leftOut);
}

function probesOf({ probes }: DatabaseCheckConfig, hasBlue: boolean): Probe[] {
  return probes
    .map(({ name, ...rest }, i) => ({ ...rest, name: name ?? String(i + 1) }))
    .filter(({ of }) => hasBlue || of !== 'blue');
}

function limitsOf({ statementTimeout, lockTimeout }: DatabaseCheckConfig) {
  return { statementMs: statementTimeout * 1000, lockMs: lockTimeout * 1000 };
}

async function tryPending(
  config: DatabaseCheckConfig,
  { standing }: MigrationState,
  blueUses: readonly StatementUse[],
  { blueFiles, isLive }: Asked,
  { session, parser }: Tools,
): Promise<Part[]> {
  if (!config.tryMigrations || standing.pending.length === 0) return [];
  if (isLive) return [onePart('note', 'pending migrations were not tried, as green has users')];
  const probes = probesOf(config, blueFiles !== null);
  const context = { session, parser, limits: limitsOf(config) };
  return [judgeTrial(await tryMigrations(standing.pending, { probes, blueUses }, context))];
}

async function measureReplicas(
  { replicas, maxLag }: DatabaseCheckConfig,
  { session, open, abort, timeoutSeconds, timers }: Tools,
): Promise<Part[]> {
  const tools = { abort, timers, patienceSeconds: timeoutSeconds / patienceShare };
  if (replicas.length === 0) {
    if (maxLag === undefined) return [];
    const known = await measureKnownReplicas(session, maxLag, tools);
    if (known.length > 0) return [judgeReplicas(known)];
    return [onePart('fail', 'the primary knows of no replica, or does not show them to this role')];
  }
  const results: ReplicaResult[] = [];
  for (const { name, maxLag: own, ...connection } of replicas) {
    const maxLagSeconds = own ?? maxLag ?? defaultMaxLagSeconds;
    const target = { name, maxLagSeconds, open: () => open(connection) };
    results.push(await measureReplica(target, session, tools));
  }
  return [judgeReplicas(results)];
}
