import { z } from 'zod';
import { type ErrorName, VerdigrisError } from '../../release/errors.ts';

/** What became of one attempt: an answer, or what was in its way and how long the server wants to be left alone. */
export type Attempt =
  | { answer: unknown }
  | { problem: VerdigrisError; askedSeconds: number | null };

const anyAnswer = z.looseObject({
  status: z.enum(['success', 'error']),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

type Answer = z.output<typeof anyAnswer>;

/**
 * What Prometheus calls a request that is wrong in itself; VictoriaMetrics names errors by their status.
 * Its `execution` is no such thing: Thanos says it of a store that is away.
 */
const mistakes: readonly string[] = ['bad_data', '400'];

/**
 * Reads one answer. What stands between us and the server (an ingress while it is restarted, an identity
 * proxy) answers in its place, so only what the server itself calls a mistake is taken for one.
 * @param name What was asked, for messages.
 * @throws ConfigInvalidError for what is the manifest's fault for sure.
 * @throws SignalUnavailableError where credentials are refused: those that go on trying are locked out.
 */
export function read(response: Response, text: string, name: string): Attempt {
  const { status, headers } = response;
  const answer = anyAnswer.safeParse(parseJson(text)).data;
  if (status === 200 && answer?.status !== 'error') {
    const flaw = answer
      ? missingPart(answer.warnings ?? [])
      : 'what came is no answer of Prometheus';
    return flaw === null ? { answer } : { problem: strange(name, flaw), askedSeconds: null };
  }
  const said = clip(answer?.error ?? (text.trim().split('\n')[0] || `HTTP ${status}`));
  if (status < 500 && mistakes.includes(answer?.errorType ?? '')) {
    throw invalid(name, `is refused by Prometheus (${answer?.errorType}): ${said}`);
  }
  if (status === 401 || status === 403) throw refused(status, said, answer !== undefined);
  const problem = problemOf(response, name, said, answer);
  return { problem, askedSeconds: retryAfter(headers) };
}

function refused(status: number, said: string, isOwnAnswer: boolean): VerdigrisError {
  const message = `Prometheus refuses us (HTTP ${status}): correct metrics.auth and its secret (${said})`;
  return new VerdigrisError(isOwnAnswer ? 'ConfigInvalidError' : 'SignalUnavailableError', message);
}

/** What another attempt may mend, in words that also tell what to correct where it does not. */
function problemOf(
  { status, headers, url }: Response,
  name: string,
  said: string,
  answer: Answer | undefined,
): VerdigrisError {
  const problem = (message: string, error: ErrorName = 'SignalUnavailableError') =>
    new VerdigrisError(error, message);
  if (status === 429) return problem(`Prometheus asks for patience: ${said}`, 'ThrottledError');
  if (status >= 500) return problem(`Prometheus does not answer (HTTP ${status}): ${said}`);
  if (answer?.status === 'error') {
    const kind = answer.errorType ?? `HTTP ${status}`;
    return problem(`metrics.${name} has no answer of Prometheus (${kind}): ${said}`);
  }
  const { pathname } = new URL(url || 'about:blank');
  const detail = status >= 300 && status < 400 ? ` leads to ${placeOf(headers, url)}` : `: ${said}`;
  return problem(`metrics.url has no Prometheus: HTTP ${status} of ${pathname}${detail}`);
}

/** Where a redirect leads, without what is sent along. */
function placeOf(headers: Headers, url: string): string {
  const location = headers.get('location');
  const place = location && URL.parse(location, url || undefined);
  return place ? `${place.origin}${place.pathname}` : 'nowhere';
}

/**
 * What a server behind a server says when others of them gave no answer (Thanos, remote read). What is
 * missing could be the errors. Remarks on the query itself say so and are none of that.
 */
function missingPart(warnings: readonly string[]): string | null {
  const first = warnings.find((it) => !/^PromQL (?:warning|info)\b/.test(it));
  return first === undefined ? null : `only a part of the figures came: ${clip(first)}`;
}

/** What came is not what was asked for. */
export function strange(name: string, reason: string): VerdigrisError {
  return new VerdigrisError('SignalUnavailableError', `${name}: ${reason}`);
}

/** The manifest is wrong, and no repetition mends that. */
export function invalid(name: string, reason: string): VerdigrisError {
  return new VerdigrisError('ConfigInvalidError', `metrics.${name} ${reason}`);
}

/** In seconds (RFC 9110, section 10.2.3); null where it is a date or not there. */
function retryAfter(headers: Headers): number | null {
  const asked = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(asked) ? Number(asked) : null;
}

function clip(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
