import type { PublishedSet } from '../name-server.ts';
import type { RecordSet } from './zone.ts';

/**
 * What the name server answers for a name: its TXT records as they are, or addresses by a LUA record of
 * PowerDNS, which draws one of the weighted sets for every question, as Route 53 does, and gives all its
 * values. Weight 0 is never drawn, unless
 * every weight is 0: then all sets are as likely.
 *
 * A plain name server can't do this: it would answer all sets at once, or needs a zone that is written
 * again and again.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
 * @see https://doc.powerdns.com/authoritative/lua-records/functions.html
 */
export function answersFor(
  name: string,
  kind: PublishedSet['type'],
  records: readonly RecordSet[],
): PublishedSet {
  const own = records.filter((it) => it.name === name && publishedAs(it) === kind);
  const types = [...new Set(own.map(({ type }) => type))];
  const drawn = () =>
    types.map((type) => `${type} "${draw(own.filter((it) => it.type === type))}"`);
  return {
    name,
    type: kind,
    ttl: own[0]?.ttl ?? 0,
    contents: kind === 'TXT' ? own.flatMap(({ values }) => values) : drawn(),
  };
}

/** All that has to be published again when these sets were changed. */
export function answersAfter(
  changed: readonly RecordSet[],
  records: readonly RecordSet[],
): PublishedSet[] {
  const sets = new Map(
    changed.map((it) => [
      `${it.name} ${publishedAs(it)}`,
      answersFor(it.name, publishedAs(it), records),
    ]),
  );
  return [...sets.values()];
}

function publishedAs({ type }: RecordSet): PublishedSet['type'] {
  return type === 'TXT' ? 'TXT' : 'LUA';
}

/** A set is drawn by its first value, since `pickwrandom` takes addresses, and stands for all of them. */
function draw(sets: readonly RecordSet[]): string {
  const isAllZero = sets.every(({ weight }) => !weight);
  const drawn = isAllZero ? sets : sets.filter(({ weight }) => weight);
  const weights = drawn.map((it) => `{${isAllZero ? 1 : it.weight},'${it.values[0]}'}`);
  const values = drawn.map((it) => `['${it.values[0]}']={${it.values.map((ip) => `'${ip}'`)}}`);
  return `;local s={${values}} return s[pickwrandom({${weights}})]`;
}
