import { type ApiClient, createApiClient } from './api-client.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';
import { findToken } from './token.ts';

/** Options that every command has. */
export interface GlobalOptions {
  url?: string;
  token?: string;
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
  const token = await findToken(options.token, io);
  const isJson = options.json ?? false;
  return {
    io,
    api: createApiClient({ url, token, actor: actorFrom(io.env), fetch: io.fetch }),
    token: token?.token ?? null,
    isJson,
    hasColor: wantsColor(io),
    show: (document, lines) => {
      const text = isJson ? JSON.stringify(document, null, 2) : lines.join('\n');
      if (text !== '') io.stdout.write(`${text}\n`);
    },
  };
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
