import type { JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import type { ReplayConfig } from '../replay.ts';
import type { Outcome } from './rounds.ts';
import type { Replayed } from './sources.ts';

/** So many requests, and differences of one, are kept as evidence. */
const mostRequests = 20;
const mostDifferences = 8;
const longestText = 160;

type Rules = Pick<ReplayConfig, 'tolerance' | 'minRequests' | 'showQueries'>;

/** What was not sent, and why not. */
export interface LeftOut {
  /** May write. */
  writing: number;
  /** Beyond the limit. */
  beyond: number;
}

type Of<Result extends Outcome['result']> = Extract<Outcome, { result: Result }>;

/** The verdict on all requests. */
export function conclude(outcomes: Outcome[], leftOut: LeftOut, rules: Rules): CheckVerdict {
  const sorted = sort(outcomes);
  return { ...judge(sorted, leftOut, rules), evidence: evidenceOf(sorted, leftOut, rules) };
}

function sort(outcomes: Outcome[]) {
  const of = <Result extends Outcome['result']>(result: Result) =>
    outcomes.filter((it): it is Of<Result> => it.result === result);
  return {
    ...{ alike: of('alike'), differs: of('differs') },
    ...{ incomparable: of('incomparable'), open: of('open') },
    sent: outcomes.length,
  };
}

type Sorted = ReturnType<typeof sort>;
type Judged = Pick<CheckVerdict, 'verdict' | 'summary'>;

function judge(sorted: Sorted, leftOut: LeftOut, rules: Rules): Judged {
  const { alike, differs } = sorted;
  const compared = alike.length + differs.length;
  if (compared === 0) return nothingCompared(sorted, leftOut, rules);
  if (differs.length > rules.tolerance * compared)
    return { verdict: 'fail', summary: unlike(differs, compared, rules) };
  if (compared < rules.minRequests) {
    const summary = `only ${requestsOf(compared)} could be compared, ${rules.minRequests} are asked for`;
    return { verdict: 'fail', summary };
  }
  const rest = restOf(sorted);
  if (differs.length > 0)
    return { verdict: 'warn', summary: `${unlike(differs, compared, rules)}${rest}` };
  const are = compared === 1 ? 'is' : 'are';
  const summary = `${requestsOf(compared)} ${are} answered as on blue${noiseOf(alike)}${refusalsOf(alike)}${rest}`;
  return { verdict: rest === '' ? 'pass' : 'warn', summary };
}

function nothingCompared(
  { incomparable, open, sent }: Sorted,
  leftOut: LeftOut,
  rules: Rules,
): Judged {
  const [first] = incomparable;
  if (first) {
    const summary = `none of ${requestsOf(sent)} could be compared: ${nameOf(first.request, rules)}: ${first.reason}`;
    return { verdict: 'fail', summary };
  }
  if (open.length > 0)
    return { verdict: 'fail', summary: `there was no time for any of ${requestsOf(sent)}` };
  const why = leftOut.writing > 0 ? `all ${leftOut.writing} may write` : 'no request is known yet';
  return {
    verdict: rules.minRequests > 0 ? 'fail' : 'warn',
    summary: `nothing was replayed: ${why}`,
  };
}

function requestsOf(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function unlike(differs: Of<'differs'>[], compared: number, rules: Rules): string {
  const details = differs.slice(0, 3).map(({ request, differences }) => {
    const more = differences.length > 1 ? ` and ${differences.length - 1} more` : '';
    return `${nameOf(request, rules)}: ${differences[0]?.text}${more}`;
  });
  const are = differs.length === 1 ? 'is' : 'are';
  return `${differs.length} of ${requestsOf(compared)} ${are} answered unlike blue: ${details.join('; ')}`;
}

/** What could not be looked at although it should have been. */
function restOf({ incomparable, open, sent }: Sorted): string {
  const parts = [
    incomparable.length > 0 ? `${incomparable.length} could not be compared` : '',
    open.length > 0 ? `${open.length} of ${sent} were left for lack of time` : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? `; ${parts.join(', ')}` : '';
}

function noiseOf(alike: Of<'alike'>[]): string {
  const noisy = alike.filter(({ noise }) => noise > 0).length;
  return noisy > 0 ? ` (but for noise in ${noisy})` : '';
}

/** A refusal is compared like any answer, and says little. */
function refusalsOf(alike: Of<'alike'>[]): string {
  const refused = alike.filter(({ status }) => status === 401 || status === 403).length;
  return refused > 0 ? `; ${refused} of them are refused on both sides` : '';
}

function evidenceOf(
  { alike, differs, incomparable, open, sent }: Sorted,
  leftOut: LeftOut,
  rules: Rules,
): JsonObject {
  return {
    ...{ sent, alike: alike.length, differing: differs.length },
    ...{ incomparable: incomparable.length, open: open.length },
    leftOut: { writing: leftOut.writing, beyondLimit: leftOut.beyond },
    differences: differs.slice(0, mostRequests).map(({ request, differences }) => ({
      request: nameOf(request, rules),
      differences: differences
        .slice(0, mostDifferences)
        .map(({ text }) => text.slice(0, longestText)),
      ...(differences.length > mostDifferences
        ? { cut: differences.length - mostDifferences }
        : {}),
    })),
    ...(differs.length > mostRequests ? { differencesCut: differs.length - mostRequests } : {}),
    notCompared: incomparable.slice(0, mostRequests).map(({ request, reason }) => ({
      request: nameOf(request, rules),
      reason: reason.slice(0, longestText),
    })),
    samples: alike.slice(0, mostRequests).map(({ request }) => nameOf(request, rules)),
  };
}

/** Without the values of its query, which may be what a user typed. */
function nameOf({ method, path }: Replayed, { showQueries }: Rules): string {
  const shown = showQueries ? path : path.replace(/=[^&]*/g, '=…');
  return `${method} ${shown.slice(0, longestText)}`;
}
