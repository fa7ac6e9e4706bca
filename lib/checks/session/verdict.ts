import type { JsonObject } from '../../release/json.ts';
import type { CheckVerdict } from '../check.ts';
import { type CookieChanges, changesOf } from './cookie-changes.ts';
import type { Cookie } from './cookies.ts';
import type { Journey } from './journeys.ts';

/** How the sessions were tried. */
export interface Trial {
  carry: 'cookie' | 'bearer';
  /** What was said about the state, for the evidence. */
  state: 'carried' | 'not asked for' | 'left out: green is live';
  hasBlue: boolean;
}

/** One way to lose a session. */
interface Loss {
  /** What to say of it. */
  words: string;
  isLost(journey: Journey): boolean;
  reasonOf(journey: Journey): string | null | undefined;
}

const losses: readonly Loss[] = [
  {
    words: 'made on blue, works on blue, not on green',
    isLost: ({ madeOn, away }) => madeOn === 'blue' && isReason(away),
    reasonOf: ({ away }) => away,
  },
  {
    words: 'made on blue, used on green, works no longer on blue: lost by a rollback',
    isLost: ({ madeOn, back }) => madeOn === 'blue' && isReason(back),
    reasonOf: ({ back }) => back,
  },
  {
    words: 'made on green, does not work on green',
    isLost: ({ madeOn, home }) => madeOn === 'green' && isReason(home),
    reasonOf: ({ home }) => home,
  },
  {
    words: 'made on green, works on green, not on blue: lost by a rollback',
    isLost: ({ madeOn, away }) => madeOn === 'green' && isReason(away),
    reasonOf: ({ away }) => away,
  },
];

/** What became of the sessions, in one verdict. Those that did not even work on blue are not among them. */
export function judge(journeys: readonly Journey[], trial: Trial): CheckVerdict {
  const found = losses.flatMap((loss) => {
    const lost = journeys.filter(loss.isLost);
    const [first] = lost;
    const made = journeys.filter(({ madeOn }) => madeOn === first?.madeOn).length;
    return first ? [{ ...loss, lost: lost.length, made, reason: loss.reasonOf(first) ?? '' }] : [];
  });
  const lost = journeys.filter((one) => losses.some(({ isLost }) => isLost(one))).length;
  const changes = trial.carry === 'cookie' ? cookieChanges(journeys) : { losing: [], others: [] };
  const evidence: JsonObject = {
    ...{ sessionsTried: journeys.length, sessionsLost: lost },
    ...{ carry: trial.carry, state: trial.state },
    lost: found.map(({ words, lost: count, made, reason }) => ({ words, count, made, reason })),
    cookies: { blue: cookieFacts(journeys, 'blue'), green: cookieFacts(journeys, 'green') },
    cookieChanges: [...changes.losing, ...changes.others],
    cookiesRefused: [...new Set(journeys.flatMap(({ refusals }) => refusals))],
  };
  const words = found.map((it) => `${it.words} (${it.lost} of ${it.made}): ${it.reason}`);
  const problems = [...words, ...changes.losing];
  const outOf = `${lost} of ${journeys.length} sessions lost`;
  if (problems.length > 0)
    return { verdict: 'fail', summary: `${outOf}: ${problems.join('; ')}`, evidence };
  if (changes.others.length > 0)
    return { verdict: 'warn', summary: `${outOf}, but ${changes.others.join('; ')}`, evidence };
  return { verdict: 'pass', summary: `${outOf}: ${praise(journeys, trial)}`, evidence };
}

function isReason(reason: string | null | undefined): boolean {
  return typeof reason === 'string';
}

function cookieChanges(journeys: readonly Journey[]): CookieChanges {
  return changesOf(cookiesMadeOn(journeys, 'blue'), cookiesMadeOn(journeys, 'green'));
}

function cookiesMadeOn(journeys: readonly Journey[], side: Journey['madeOn']): Cookie[] {
  return journeys.find(({ madeOn }) => madeOn === side)?.cookies ?? [];
}

/** Never what is in them. */
function cookieFacts(journeys: readonly Journey[], side: Journey['madeOn']) {
  return cookiesMadeOn(journeys, side)
    .slice(0, 20)
    .map(({ value: _value, ...facts }) => facts);
}

function praise(journeys: readonly Journey[], { state, hasBlue }: Trial): string {
  const count = (side: Journey['madeOn']) => journeys.filter((it) => it.madeOn === side).length;
  const withState = state === 'carried' ? ' with what is in them' : '';
  const isLive =
    state === 'left out: green is live' ? '; nothing was put in, as green is live' : '';
  if (!hasBlue)
    return `${count('green')} made on green work there${withState}; nothing to compare with: first release`;
  return `${count('blue')} made on blue work on green and back on blue, ${count('green')} made on green work on blue${withState}${isLive}`;
}
