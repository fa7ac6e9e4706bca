import { z } from 'zod';
import { checkBase } from '../../release/manifest.ts';
import { atMost, duration } from '../../release/quantities.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../../secrets/secrets.ts';
import { artifactFile } from '../check-files.ts';

const tools = ['sql', 'flyway', 'prisma', 'knex', 'drizzle', 'rails'] as const;

const postgresUrl = z
  .string()
  .refine(isPostgresUrl, 'needs a URL such as postgres://shop@db.example.com:5432/shop')
  .refine(
    (url) => !isPostgresUrl(url) || new URL(url).password === '',
    'has a password in it; keep the whole URL as a secret and name that',
  );

const secretName = z
  .string()
  .regex(secretNamePattern, 'needs the name of a secret: 1 to 64 of a-z 0-9 -, not starting with -')
  .refine(isForOthers, notForOthers);

const connectionKeys = {
  secret: secretName.optional().describe('Secret of the conductor that holds the URL'),
  url: postgresUrl.optional().describe('The URL itself, where it takes no password'),
};

const oneOfThem = 'needs either secret or url';

const connection = z
  .strictObject(connectionKeys)
  .refine(({ secret, url }) => (secret === undefined) !== (url === undefined), oneOfThem);

const replica = z
  .strictObject({
    name: z.string().min(1).max(64).describe('Shown in messages'),
    ...connectionKeys,
    maxLag: duration.optional().describe("How far behind it may be; the check's if absent"),
  })
  .refine(({ secret, url }) => (secret === undefined) !== (url === undefined), oneOfThem);

const identifier = z
  .string()
  .regex(/^[^."\0]+(\.[^."\0]+)?$/, 'needs a name such as schema_migrations or app.migrations');

const need = z
  .string()
  .regex(/^[^.\s]+(\.[^.\s]+){0,2}$/, 'needs a table or a column, such as products.name');

const migrations = z
  .strictObject({
    tool: z.enum(tools).describe('What applies them'),
    directory: artifactFile
      .optional()
      .describe("Where they are among green's files; where the tool keeps them if absent"),
    table: identifier
      .optional()
      .describe("Where the database remembers them; the tool's own if absent"),
    column: z
      .string()
      .min(1)
      .default('version')
      .describe('Of tool sql: the column of that table that holds the version'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'needs the name of a bucket')
      .optional()
      .describe('S3 bucket with the files, where environments have none that could be read'),
    keyPrefix: z
      .string()
      .default('')
      .describe('What keys in it begin with; {version} stands for that of green or blue'),
    pending: z
      .enum(['fail', 'warn'])
      .default('fail')
      .describe('What the check says of migrations that are not applied'),
  })
  .refine(({ bucket, keyPrefix }) => bucket !== undefined || keyPrefix === '', {
    path: ['keyPrefix'],
    message: 'has no effect without bucket',
  });

const probe = z.strictObject({
  name: z.string().min(1).max(64).optional().describe('Shown in messages; its number if absent'),
  sql: z
    .string()
    .min(1)
    .max(4096)
    .describe('SELECT, INSERT, UPDATE, DELETE or MERGE, one or several'),
  of: z.enum(['blue', 'green', 'both']).default('both').describe('Which version runs it'),
  minRows: z
    .int()
    .min(0)
    .default(0)
    .describe('The last statement must give or change at least this many rows'),
});

export const databaseSchema = z.strictObject({
  kind: z.literal('database'),
  ...checkBase,
  timeout: atMost('60s')
    .prefault('30s')
    .describe('The whole check may take this long, waiting for replicas included'),
  connection: connection.describe('The PostgreSQL that blue and green share'),
  migrations: migrations.optional().describe('Migrations; they are not looked at if absent'),
  onContracting: z
    .enum(['hold', 'rollback', 'fail'])
    .default('hold')
    .describe("What a migration that takes something from blue does to the manifest's onBreach"),
  blueNeeds: z
    .array(need)
    .max(500)
    .optional()
    .describe('Tables and columns that blue needs; an empty list says that it needs nothing'),
  queries: z.array(z.string().min(1)).max(200).default([]).describe('Statements that blue runs'),
  queriesFile: artifactFile
    .optional()
    .describe("File of the statements that a version runs, among that version's own files"),
  statistics: z
    .enum(['auto', 'trust', 'off'])
    .default('auto')
    .describe(
      'Whether pg_stat_statements is asked; with trust all in it is taken for that of blue',
    ),
  probes: z.array(probe).max(50).default([]).describe('SQL that must work, always rolled back'),
  tryMigrations: z
    .boolean()
    .default(false)
    .describe('Apply pending migrations in a transaction that is rolled back; locks meanwhile'),
  lockTimeout: atMost('10s').prefault('1s').describe('How long a probe may wait for a lock'),
  statementTimeout: atMost('30s').prefault('5s').describe('How long one statement may take'),
  maxLag: duration
    .optional()
    .describe('How far behind replicas may be; 10s for those in replicas if absent'),
  replicas: z
    .array(replica)
    .max(20)
    .default([])
    .describe('Replicas to ask how far behind they are'),
});

/** The check's part of the manifest, read. Durations are seconds. */
export type DatabaseCheckConfig = z.output<typeof databaseSchema>;
export type ConnectionConfig = Pick<DatabaseCheckConfig['connection'], 'secret' | 'url'>;
export type MigrationsConfig = NonNullable<DatabaseCheckConfig['migrations']>;

function isPostgresUrl(url: string): boolean {
  return URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
}
