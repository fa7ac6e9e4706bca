import type { IncomingMessage } from 'node:http';

/** What somebody asked for: enough to ask again, nothing that says who it was. */
export interface RecentRequest {
  /** With its query, where that is remembered. */
  path: string;
  /** The kinds of answers that were welcome, as the Accept header has it; null when it had none. */
  accept: string | null;
}

/** How much is remembered; null for nothing. */
export type Remembering = { requests: number; query: boolean } | null;

/** The last GET requests of one service. In memory only. */
export interface RecentRequests {
  /** Notes a request unless it is none to ask again: another method, an endless stream, a query. */
  note(req: IncomingMessage, remembering: Remembering): void;
  /** Forgets what is beyond that. */
  keep(remembering: Remembering): void;
  /** Newest first, each once. */
  list(): RecentRequest[];
}

/** A longer path or header is not remembered: it is nobody's everyday request. */
const longest = 2048;

/**
 * A ring, as it is written with every request: a list that moves or a set would be work for the garbage
 * collector. What is there twice is sorted out by whoever reads.
 */
export function createRecentRequests(): RecentRequests {
  let ring: RecentRequest[] = [];
  let next = 0;
  return {
    note(req, remembering) {
      if (!remembering || !isWorthNoting(req, remembering)) return;
      ring[next % remembering.requests] = {
        path: req.url ?? '/',
        accept: req.headers.accept ?? null,
      };
      next = (next + 1) % remembering.requests;
    },
    keep(remembering) {
      const mayStay = ({ path }: RecentRequest) => remembering?.query || !path.includes('?');
      ring = remembering ? inOrder(ring, next).filter(mayStay).slice(-remembering.requests) : [];
      next = remembering ? ring.length % remembering.requests : 0;
    },
    list() {
      const newestFirst = inOrder(ring, next).toReversed();
      const known = new Set<string>();
      return newestFirst.filter(({ path, accept }) => {
        const key = `${path} ${accept}`;
        return !known.has(key) && known.add(key);
      });
    },
  };
}

function inOrder(ring: readonly RecentRequest[], next: number): RecentRequest[] {
  return [...ring.slice(next), ...ring.slice(0, next)];
}

function isWorthNoting(
  { method, url = '/', headers }: IncomingMessage,
  { query }: { query: boolean },
) {
  const { accept = '' } = headers;
  if (method !== 'GET' || !url.startsWith('/')) return false;
  if (!query && url.includes('?')) return false;
  return url.length + accept.length <= longest && !accept.includes('text/event-stream');
}
