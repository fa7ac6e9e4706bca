import type { MigrationTool } from '../tool.ts';
import { drizzleTool } from './drizzle.ts';
import { flywayTool } from './flyway.ts';
import { knexTool } from './knex.ts';
import { prismaTool } from './prisma.ts';
import { railsTool } from './rails.ts';
import { sqlTool } from './sql.ts';

/** Every tool whose migrations can be read, by its name in the manifest. */
export const migrationTools = {
  sql: sqlTool,
  flyway: flywayTool,
  prisma: prismaTool,
  knex: knexTool,
  drizzle: drizzleTool,
  rails: railsTool,
} satisfies Record<string, MigrationTool>;
