import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { type AccessConfig, accessSchema } from '../http/access-rules.ts';
import { messageOf, VerdigrisError } from '../release/errors.ts';
import { describeIssues } from '../release/issues.ts';
import type { JsonObject } from '../release/json.ts';

const localConfigSchema = z.strictObject({
  api: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(7420),
      // Of one caller; five times as many may come at once.
      requestsPerSecond: z.int().min(1).max(1_000_000).default(100),
      publicUrl: z
        .url({
          protocol: /^https?$/,
          error: 'needs an address such as https://verdigris.example.com',
        })
        .optional(),
    })
    .prefault({}),
  data: z.string().min(1).default('.verdigris'),
  secrets: z.string().min(1).optional(),
  access: accessSchema.prefault({}),
  services: z.array(z.string().min(1)).default([]),
});

/** A `verdigris.yml`. Paths are absolute. */
export interface LocalConfig {
  api: { host: string; port: number };
  /** That one caller of the API may make. */
  requestsPerSecond: number;
  /** Who may do what, besides the holder of the token. */
  access: AccessConfig;
  /** Where people and chat services reach the API, without a slash at the end; null: where it listens. */
  publicUrl: string | null;
  /** The file with secrets; null when there is none. */
  secretsFile: string | null;
  /** Ledger, token, routes, environments. */
  dataDirectory: string;
  /** Manifests that are applied at every start. */
  manifestFiles: string[];
  /** What relative artifact paths are relative to: the folder of the file. */
  baseDirectory: string;
}

/**
 * Reads a `verdigris.yml`.
 * @throws ConfigInvalidError naming the file, the path in it, and the reason.
 */
export function readLocalConfig(path: string): LocalConfig {
  const file = resolve(path);
  const baseDirectory = dirname(file);
  const source = readYaml(
    file,
    'create one, for instance with the line "services: [storefront.yml]"',
  );
  const parsed = localConfigSchema.safeParse(source ?? {});
  if (!parsed.success) {
    const lines = describeIssues(parsed.error, source, localConfigSchema).map(
      (issue) => `${issue.path || 'file'}: ${issue.reason}`,
    );
    throw new VerdigrisError('ConfigInvalidError', `${file}: ${lines.join('; ')}`);
  }
  const { access, api, data, secrets, services } = parsed.data;
  return {
    api: { host: api.host, port: api.port },
    requestsPerSecond: api.requestsPerSecond,
    access,
    publicUrl: api.publicUrl?.replace(/\/+$/, '') ?? null,
    secretsFile: secretsFileIn(baseDirectory, secrets),
    dataDirectory: resolve(baseDirectory, data),
    manifestFiles: services.map((name) => resolve(baseDirectory, name)),
    baseDirectory,
  };
}

/** What is looked for beside a `verdigris.yml` that names no file of secrets. */
export const defaultSecretsFile = 'secrets.yml';

/** One that is named has to be there; `secrets.yml` may be. */
function secretsFileIn(baseDirectory: string, named: string | undefined): string | null {
  if (named) return resolve(baseDirectory, named);
  const file = resolve(baseDirectory, defaultSecretsFile);
  return existsSync(file) ? file : null;
}

/**
 * Reads a YAML file.
 * @throws ConfigInvalidError naming file, line and column.
 */
export function readYaml(file: string, hint = 'check its name'): JsonObject | null {
  const lineCounter = new LineCounter();
  const document = parseDocument(readText(file, hint), { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (!error) return document.toJS() as JsonObject | null;
  const { line, col } = lineCounter.linePos(error.pos[0]);
  throw new VerdigrisError('ConfigInvalidError', `${file}:${line}:${col}: ${error.message}`, {
    cause: error,
  });
}

function readText(file: string, hint: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? `does not exist; ${hint}` : messageOf(error);
    throw new VerdigrisError('ConfigInvalidError', `${file}: ${reason}`, { cause: error });
  }
}
