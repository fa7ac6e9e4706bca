import { messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import { counted } from '../findings.ts';
import type { Change } from './changes.ts';
import type { DatabaseCheckConfig } from './config.ts';
import type { Finding } from './findings.ts';
import { type BlueKnowledge, namedNeed } from './needs.ts';
import type { SqlParser } from './parser.ts';
import type { Files } from './places.ts';
import type { Session } from './session.ts';
import type { Shape } from './shape.ts';
import { readStatistics } from './statistics.ts';
import type { MigrationFile } from './tool.ts';
import { type StatementUse, usesOf } from './uses.ts';

/** The statements that a version runs, from its file of them and from the manifest. */
export interface VersionQueries {
  uses: StatementUse[];
  findings: Finding[];
}

/** Reads them. What is no SQL is a warning: it may be what matters. */
export async function readQueries(
  { queries, queriesFile }: DatabaseCheckConfig,
  files: Files | null,
  side: 'blue' | 'green',
  { parser, shape }: { parser: SqlParser; shape: Shape },
): Promise<VersionQueries> {
  const found: VersionQueries = { uses: [], findings: [] };
  const read = (sql: string, source: string) => {
    try {
      found.uses.push(...usesOf(sql, source, parser, shape));
    } catch (error) {
      const text = `${source} of ${side} could not be read: ${messageOf(error)}`;
      found.findings.push({ level: 'warn', text });
    }
  };
  if (side === 'blue') for (const sql of queries) read(sql, 'queries');
  if (queriesFile === undefined || !files) return found;
  const text = files.folder ? await files.folder.read(queriesFile) : null;
  if (text !== null) read(text, queriesFile);
  else {
    const why = files.missing ?? `there is no ${queriesFile}`;
    found.findings.push({ level: 'warn', text: `the statements of ${side} are not known: ${why}` });
  }
  return found;
}

/** What is known of blue, and from where. */
export interface GatheredKnowledge {
  blue: BlueKnowledge;
  evidence: JsonObject;
}

/** Puts together what is known of blue. The statistics are asked only where something depends on them. */
export async function gatherKnowledge(
  config: DatabaseCheckConfig,
  queries: readonly StatementUse[],
  changes: readonly Change[],
  tools: {
    session: Session;
    parser: SqlParser;
    shape: Shape;
    migrations: readonly MigrationFile[];
  },
): Promise<GatheredKnowledge> {
  const { parser, shape, session } = tools;
  const probes = config.probes
    .filter(({ of }) => of !== 'green')
    .flatMap(({ sql }, i) => usesOfProbe(sql, `probe ${i + 1}`, parser, shape));
  const isAsked = config.statistics !== 'off' && changes.length > 0;
  const migrations = tools.migrations.flatMap(({ sql }) => sql ?? []);
  const statistics = isAsked
    ? await readStatistics(session, changes, { parser, shape, migrations })
    : { uses: [], missing: isAsked ? null : 'not asked' };
  const trusted = config.statistics === 'trust' ? statistics.uses : [];
  const certain = [...queries, ...probes, ...trusted];
  const possible = config.statistics === 'trust' ? [] : statistics.uses;
  const isSilent = certain.length === 0 && statistics.missing !== null;
  const named = config.blueNeeds?.map(namedNeed) ?? null;
  const evidence: JsonObject = {
    blueNeeds: config.blueNeeds?.length ?? null,
    queries: queries.length,
    probes: probes.length,
    statistics: statistics.missing ?? counted(statistics.uses.length, 'statement'),
  };
  return { blue: { named, certain, possible, isSilent }, evidence };
}

/** A probe that is no SQL fails by itself. */
function usesOfProbe(sql: string, source: string, parser: SqlParser, shape: Shape): StatementUse[] {
  try {
    return usesOf(sql, source, parser, shape);
  } catch {
    return [];
  }
}
