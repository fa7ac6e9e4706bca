import { type ShapeRules, shapeDifferences } from './shape.ts';
import type { Taken } from './take.ts';

/** In what green's answer to a step is unlike blue's, one line each. */
export function differencesBetween(blue: Taken, green: Taken, rules: ShapeRules): string[] {
  const status =
    blue.status === green.status ? [] : [`status ${green.status} instead of ${blue.status}`];
  const json =
    blue.json === undefined || green.json === undefined
      ? []
      : shapeDifferences(blue.json, green.json, rules);
  return [...status, ...redirectDifference(blue.redirect, green.redirect), ...json];
}

function redirectDifference(blue: string | null, green: string | null): string[] {
  if (blue === green || (blue !== null && green !== null && placeOf(blue) === placeOf(green)))
    return [];
  if (green === null) return [`no redirect instead of one to ${blue}`];
  if (blue === null) return [`a redirect to ${green}, and none on blue`];
  return [`a redirect to ${green} instead of ${blue}`];
}

/** A path without what is different each time: numbers, ids, and what stands in a query. */
function placeOf(redirect: string): string {
  const [path = ''] = redirect.split('?');
  const parts = path.split('/').map((part) => (isName(part) ? part : '*'));
  return parts.join('/');
}

function isName(part: string): boolean {
  return !/^\d+$|^[0-9a-f-]{8,}$/i.test(part) && !/^(?=.*\d)[\w-]{16,}$/.test(part);
}
