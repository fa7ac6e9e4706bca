import type { Timers } from '../../release/clock.ts';
import type { Finding } from '../findings.ts';
import { askSteadily, causeOf, isSafe, type SteadyResponse } from '../requests.ts';
import type { CookieFlag, RefusedRequest, SecurityRequest } from '../security.ts';
import { bareCookies, weakerCookies } from './cookies.ts';
import { strangeOrigin, tellingHeaders, weakerHeaders, widerSharing } from './headers.ts';

/** Where both sides are, and until when there is time. */
export interface Sides {
  /** Null on a first release. */
  blue: string | null;
  green: string;
  signal: AbortSignal;
  timers: Timers;
}

/** Nobody looks at more of a body. */
const mostBytes = 4096;

/** Asks both sides the same and finds what green's answers protect less. */
export async function compareAnswers(
  requests: readonly SecurityRequest[],
  sides: Sides & { blue: string },
): Promise<Finding[]> {
  const found = await Promise.all(requests.map((request) => compareAnswer(request, sides)));
  return onePerPath(found.flat());
}

/** A header that is weaker is so on most pages: the first one will do, unless a later one is worse. */
function onePerPath(found: readonly Finding[]): Finding[] {
  const keyOf = ({ path, verdict }: Finding) => `${verdict} ${path}`;
  return [...new Map(found.toReversed().map((one) => [keyOf(one), one])).values()].toReversed();
}

async function compareAnswer(
  request: SecurityRequest,
  { blue, green, ...how }: Sides & { blue: string },
): Promise<Finding[]> {
  const asked = `${request.method} ${request.path}`;
  try {
    const [before, after] = await Promise.all([
      send(request, blue, how, 'blue'),
      send(request, green, how, 'green'),
    ]);
    const outage = outageIn(before, after, request);
    if (outage) return [outage];
    const compare = [weakerHeaders, tellingHeaders, weakerCookies];
    const own = [
      ...otherOutcome(before, after, request),
      ...compare.flatMap((look) => look(before.headers, after.headers, asked)),
    ];
    return isSafe(request.method)
      ? [...own, ...(await compareSharing(request, { blue, green, ...how }, asked))]
      : own;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return [aboutRequest(request, error.message)];
  }
}

/** Asks green alone, and finds what its cookies lack by themselves. */
export async function lookAtCookies(
  requests: readonly SecurityRequest[],
  flags: readonly CookieFlag[],
  { green, ...how }: Omit<Sides, 'blue'>,
): Promise<Finding[]> {
  const found = await Promise.all(
    requests.map(async (request) => {
      const asked = `${request.method} ${request.path}`;
      try {
        const { status, headers } = await send(request, green, how, 'green');
        if (status >= 500)
          return [aboutRequest(request, `${asked} is answered ${status} on green`)];
        const own = bareCookies(headers, flags, asked);
        const says = `${asked} is answered ${status}: nobody saw the cookies that it sets else`;
        return status < 400 ? own : [...own, aboutRequest(request, says, 'warn')];
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        return [aboutRequest(request, error.message)];
      }
    }),
  );
  return onePerPath(found.flat());
}

type Answered = Pick<SteadyResponse, 'status'>;

/** An error page protects nothing, and is nothing to compare with. */
function outageIn(before: Answered, after: Answered, request: SecurityRequest): Finding | null {
  const asked = `${request.method} ${request.path}`;
  if (after.status >= 500)
    return aboutRequest(request, `${asked} is answered ${after.status} on green`);
  if (before.status < 500) return null;
  const says = `${asked} is answered ${before.status} on blue: nothing to compare with`;
  return aboutRequest(request, says, 'warn');
}

/** A page and a refusal do not protect the same things. */
function otherOutcome(
  before: Answered,
  after: Answered,
  { method, path }: SecurityRequest,
): Finding[] {
  if (Math.floor(before.status / 100) === Math.floor(after.status / 100)) return [];
  const says = `${method} ${path} is answered ${after.status} on green, ${before.status} on blue`;
  return [aboutRequest({ path }, says)];
}

function aboutRequest(
  { path }: Pick<SecurityRequest, 'path'>,
  says: string,
  verdict: Finding['verdict'] = 'fail',
): Finding {
  return { path: `requests.${path}`, verdict, says };
}

async function compareSharing(
  request: SecurityRequest,
  { blue, green, ...how }: Sides & { blue: string },
  asked: string,
): Promise<Finding[]> {
  const stranger = { ...request, headers: { ...request.headers, origin: strangeOrigin } };
  const [before, after] = await Promise.all([
    send(stranger, blue, how, 'blue'),
    send(stranger, green, how, 'green'),
  ]);
  const outage = outageIn(before, after, request);
  if (outage) return [{ ...outage, says: `${outage.says} (from a stranger's page)` }];
  return widerSharing(before.headers, after.headers, asked);
}

class NoAnswer extends Error {}

/** @throws NoAnswer that says which side gave none, and why. */
async function send(
  { path, method, headers, body }: Pick<SecurityRequest, 'path' | 'method' | 'headers' | 'body'>,
  address: string,
  { signal, timers }: Pick<Sides, 'signal' | 'timers'>,
  side: 'blue' | 'green',
): Promise<SteadyResponse> {
  try {
    const request = { url: `${address}${path}`, method, headers, body, signal, mostBytes };
    return await askSteadily(request, { timers });
  } catch (error) {
    throw new NoAnswer(`${method} ${path} gave no answer on ${side}: ${causeOf(error)}`);
  }
}

/** Statuses by which a server refuses who shows nothing; a redirect leads to where one signs in. */
const refusals = [401, 403, 404, 407];

/** Doors that green has to keep shut. Anything but a refusal is a door that somebody came through. */
export async function openDoors(
  doors: readonly RefusedRequest[],
  { green, ...how }: Omit<Sides, 'blue'>,
): Promise<Finding[]> {
  const found = await Promise.all(
    doors.map(async ({ path, method }) => {
      try {
        const { status } = await send(
          { path, method, headers: {}, body: undefined },
          green,
          how,
          'green',
        );
        const isRefused = refusals.includes(status) || (status >= 300 && status < 400);
        return isRefused
          ? []
          : [door(path, `${method} ${path} is answered ${status} to anybody, not refused`)];
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        return [door(path, error.message)];
      }
    }),
  );
  return found.flat();
}

function door(path: string, says: string): Finding {
  return { path: `mustBeRefused.${path}`, verdict: 'fail', says };
}
