import { type ApiClient, type Connection, createApiClient } from './api-client.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { findToken } from './token.ts';

/** Options that every command has. */
export interface GlobalOptions {
  url?: string;
  token?: string;
  aws?: boolean;
  json?: boolean;
}

/** What a command works with. */
export interface Session {
  io: Io;
  api: ApiClient;
  /** What it shows who it is by, or null where none was found. */
  token: string | null;
  /** Nothing but one JSON document may go to standard output. */
  isJson: boolean;
  /** ANSI colours are wanted. */
  hasColor: boolean;
  /** Prints a result: the document with `--json`, else the lines. Once per command. */
  show(document: unknown, lines: readonly string[]): void;
}

const defaultUrl = 'http://127.0.0.1:7420';

/** Connects options, environment and token. @throws CommandError (usage) for a URL that is none. */
export async function createSession(options: GlobalOptions, io: Io): Promise<Session> {
  const url = parseUrl(options.url ?? (io.env.VERDIGRIS_URL || defaultUrl));
  const connection = wantsAws(options, io)
    ? await signedConnection(url, io)
    : await tokenConnection(url, options, io);
  const isJson = options.json ?? false;
  return {
    io,
    api: createApiClient(connection),
    token: connection.token?.token ?? null,
    isJson,
    hasColor: wantsColor(io),
    show: (document, lines) => {
      const text = isJson ? JSON.stringify(document, null, 2) : lines.join('\n');
      if (text !== '') io.stdout.write(`${text}\n`);
    },
  };
}

function wantsAws({ aws, token }: GlobalOptions, { env }: Io): boolean {
  const how = env.VERDIGRIS_AUTH || 'token';
  if (how !== 'token' && how !== 'aws') {
    throw usageError(`VERDIGRIS_AUTH is "${how}"; it needs aws or token`);
  }
  if (aws && token !== undefined) throw usageError('--aws and --token exclude each other');
  return aws ?? (how === 'aws' && token === undefined);
}

/** What stands under /aws is the API for those whose signature API Gateway has checked. */
async function signedConnection(url: string, io: Io): Promise<Connection> {
  const fetch = await io.signingFetch?.();
  if (!fetch) throw usageError('nothing can sign with AWS credentials here');
  return { url: `${url}/aws`, token: null, isSigned: true, actor: undefined, fetch };
}

async function tokenConnection(url: string, options: GlobalOptions, io: Io): Promise<Connection> {
  const token = await findToken(options.token, io);
  return { url, token, actor: actorFrom(io.env), fetch: io.fetch };
}

/** Colours go to terminals only, and not where NO_COLOR (https://no-color.org) is set. */
export function wantsColor({ isTTY, env }: Pick<Io, 'isTTY' | 'env'>): boolean {
  return isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw usageError(`"${text}" is no URL of a conductor; use one such as ${defaultUrl}`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** A name that a header can carry; the conductor cleans it further. */
function actorFrom(env: Io['env']): string | undefined {
  const name = env.VERDIGRIS_ACTOR || env.USER || env.USERNAME;
  return name?.replace(/[^\x20-\x7e]/g, '').trim() || undefined;
}
