import type { IncomingMessage } from 'node:http';
import { noPreview, noRouteYet, type Refusal } from './answers.ts';
import type { Passage } from './forward.ts';
import { stickyChoice, stickyCookie } from './headers.ts';
import { canBePreviewed, hasTraffic, type ServiceEntry } from './service-table.ts';

/**
 * The side and the terms for one request, or why there is none. Decided once, from one route. The header
 * of a preview is taken out of the request: whoever answers need not know how it came.
 */
export function choosePassage(entry: ServiceEntry, req: IncomingMessage): Passage | Refusal {
  const header = entry.binding?.previewHeader ?? null;
  const wanted = header === null ? undefined : req.headers[header];
  if (header === null || wanted === undefined) return usersPassage(entry, req);
  delete req.headers[header];
  return previewPassage(entry, header, String(wanted));
}

function usersPassage(entry: ServiceEntry, req: IncomingMessage): Passage | Refusal {
  const { route, binding, name } = entry;
  const cookie = binding?.stickyCookie ?? null;
  const wanted = cookie === null ? undefined : stickyChoice(req.headers, cookie);
  const kept = wanted === undefined ? undefined : route.sideBySticky(wanted);
  const side = kept ?? route.pick();
  if (!side || !binding) return noRouteYet(name);
  return {
    service: name,
    side,
    timeoutSeconds: binding.timeoutSeconds,
    setCookie: cookie === null || kept ? null : stickyCookie(cookie, side.sticky),
    isPreview: false,
    isLive: () => hasTraffic(entry, side.environmentId),
  };
}

/** Whether the side has weight makes no difference here, and what comes of it counts for nobody. */
function previewPassage(entry: ServiceEntry, header: string, wanted: string): Passage | Refusal {
  const { binding, name } = entry;
  const side = canBePreviewed(entry, wanted) ? entry.sides.get(wanted) : undefined;
  if (!side?.target || !binding) return noPreview(name, header);
  return {
    service: name,
    side,
    timeoutSeconds: binding.timeoutSeconds,
    setCookie: null,
    isPreview: true,
    isLive: () => true,
  };
}
