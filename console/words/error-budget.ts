import type { ErrorBudget } from '../types.ts';
import { durationInWords } from './durations.ts';

/** What people have to know of an error budget; the first line is how much is left. */
export function budgetLines(budget: ErrorBudget): string[] {
  const { leftPercent, windowSeconds, availabilityPercent, requests, knownPercent } = budget;
  const { burnRate, lastRelease, stops } = budget;
  const bad = (budget.errors + budget.slow).toLocaleString('en-US');
  const of = `${bad} bad of ${requests.toLocaleString('en-US')} requests`;
  const promised = `${availabilityPercent}% over ${durationInWords(windowSeconds * 1000)} are promised`;
  return [
    `${leftPercent}% is left (${of}; ${promised}).`,
    ...(stops ? [stops] : []),
    ...(lastRelease ? [`${lastRelease.releaseId} burnt ${lastRelease.burntPercent}% of it.`] : []),
    ...(burnRate === null ? [] : [`Now it burns at ${burnRate} times the rate that it lasts for.`]),
    ...(knownPercent < 100
      ? [`Only ${knownPercent}% of that time is known; the rest counts as good.`]
      : []),
  ];
}
