import { isNamed, messageOf } from '../../release/errors.ts';
import type { Folder } from '../check-files.ts';
import type { Reading } from './changes.ts';
import type { MigrationsConfig } from './config.ts';
import { tableOfParts } from './names.ts';
import type { SqlParser } from './parser.ts';
import type { Files } from './places.ts';
import { createMigrationReader } from './read-migration.ts';
import { reading, type Session } from './session.ts';
import { createShape, type Shape } from './shape.ts';
import type { AppliedMigration, MigrationFile, MigrationTool, Standing } from './tool.ts';
import { migrationTools } from './tools/index.ts';

/** Green's migrations beside the database and beside blue's. */
export interface MigrationState {
  /** Where green's are. */
  place: string;
  found: MigrationFile[];
  standing: Standing;
  /** Those that blue does not have; without blue there is nobody to take anything from, so none. */
  news: MigrationFile[];
  /** What the others come to, where a file says so. */
  structure: string | null;
  /** Why it could not be told which ones blue has; only those that are pending are new then. */
  notCompared: string | null;
}

/** Green's migrations, and how the database and blue stand to them. @throws Error in plain words. */
export async function lookAtMigrations(
  config: MigrationsConfig,
  files: { green: Folder; blue: Files | null },
  session: Session,
): Promise<MigrationState> {
  const tool: MigrationTool = migrationTools[config.tool];
  const directory = config.directory ?? tool.defaults.directory;
  const place = `${files.green.place}/${directory}`;
  const found = await tool.readFiles(files.green, directory);
  if (found.length === 0) throw new Error(`there are no migrations of ${config.tool} in ${place}`);
  const standing = tool.compare(found, await readApplied(tool, config, session));
  const state = { place, found, standing, structure: null, notCompared: null };
  if (!files.blue) return { ...state, news: [] };
  const blue = await readBlue(tool, directory, files.blue);
  if (!blue.files) return { ...state, news: standing.pending, notCompared: blue.missing };
  const news = found.filter((file) => !isAmong(file, blue.files));
  return { ...state, news, structure: blue.structure };
}

/** One that may be applied again is another one when it says something else. */
function isAmong(
  { id, sql, isRepeatable }: MigrationFile,
  files: readonly MigrationFile[],
): boolean {
  return files.some((file) => file.id === id && (!isRepeatable || file.sql === sql));
}

interface BlueFiles {
  files: MigrationFile[];
  structure: string | null;
}

async function readBlue(
  tool: MigrationTool,
  directory: string,
  { folder, missing }: Files,
): Promise<BlueFiles | { files: null; missing: string }> {
  if (!folder) return { files: null, missing };
  try {
    const files = await tool.readFiles(folder, directory);
    const structure = tool.structureFile ? await folder.read(tool.structureFile) : null;
    // A dump may have commands of psql in it.
    return { files, structure: structure?.replace(/^\\.*$/gm, '') ?? null };
  } catch (error) {
    if (isNamed(error, 'ThrottledError')) throw error;
    return { files: null, missing: messageOf(error) };
  }
}

async function readApplied(
  tool: MigrationTool,
  { table, column }: MigrationsConfig,
  session: Session,
): Promise<AppliedMigration[]> {
  const name = table ? tableOfParts(table.split('.')) : tool.defaults.table;
  try {
    return await session.inTransaction(reading, ({ query }) =>
      tool.readApplied(query, { table: name, column }),
    );
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Nothing was ever applied.
    if (code === '42P01') return [];
    const hint = code === '42501' ? '; grant SELECT on it to the role of the conductor' : '';
    throw new Error(`${name.name} cannot be read: ${messageOf(error)}${hint}`, { cause: error });
  }
}

/** What blue's migrations and those before them come to, and what the new ones take from that. */
export interface Analysis {
  /** Before the new ones. */
  before: Shape;
  reading: Reading;
}

/**
 * Reads the new migrations on top of what there was before: the catalog, where none of them is applied
 * yet, else what the older files come to.
 */
export function analyse(
  { found, news, structure }: MigrationState,
  catalog: Shape | null,
  parser: SqlParser,
): Analysis {
  const olds = structure === null ? found.filter((file) => !news.includes(file)) : [];
  const isRead = ({ sql, unread }: MigrationFile) => sql !== null && unread.length === 0;
  const isWhole = catalog !== null || structure !== null || (olds.length > 0 && olds.every(isRead));
  const reader = createMigrationReader(parser, catalog ?? createShape(), { isWhole });
  const texts = structure === null ? olds.map(({ sql }) => sql) : [structure];
  if (!catalog) for (const sql of texts) if (sql !== null) reader.replay(sql);
  const before = reader.shape();
  for (const { name, sql } of news) if (sql !== null) reader.read(name, sql);
  const { unread, ...others } = reader.finish();
  const more = news.flatMap(({ name: migration, unread: reasons }) =>
    reasons.map((reason) => ({ migration, reason })),
  );
  return { before, reading: { ...others, unread: [...unread, ...more] } };
}

/** Whether the database is still as it was before the new ones. */
export function isBeforeAll({ news, standing }: MigrationState): boolean {
  return news.length > 0 && news.every((file) => standing.pending.includes(file));
}
