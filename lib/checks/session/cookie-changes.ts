import { type Cookie, domainCovers, pathCovers } from './cookies.ts';

/** What differs between the cookies that two sides hand out. */
export interface CookieChanges {
  /** Because of these a browser leaves a cookie at home where it used to bring it. */
  losing: string[];
  /** These change nothing about that, or nobody can say. */
  others: string[];
}

type Attribute = (blue: Cookie, green: Cookie) => { losing?: string; other?: string };

/** How much a browser holds back. */
const strictness = { none: 0, lax: 1, strict: 2 };
const sameSiteNames = { none: 'None', lax: 'Lax', strict: 'Strict' };

const domain: Attribute = ({ domain: blue }, { domain: green }) => {
  if (blue === green) return {};
  const change = `has ${domainText(green)} on green and ${domainText(blue)} on blue`;
  const isWider = green !== null && (blue === null || domainCovers(green, blue));
  return isWider ? { other: `${change}, so browsers keep both` } : { losing: change };
};

const path: Attribute = ({ path: blue }, { path: green }) => {
  if (blue === green) return {};
  const change = `has Path=${green} on green and Path=${blue} on blue`;
  return pathCovers(green, blue)
    ? { other: `${change}, so browsers keep both` }
    : { losing: change };
};

const sameSite: Attribute = ({ sameSite: blue }, { sameSite: green }) => {
  if (blue === green) return {};
  const change = `is SameSite=${sameSiteNames[green]} on green and ${sameSiteNames[blue]} on blue`;
  return strictness[green] > strictness[blue] ? { losing: change } : { other: change };
};

const secure: Attribute = ({ isSecure: blue }, { isSecure: green }) => {
  if (blue === green) return {};
  return { other: green ? 'is Secure on green only' : 'is no longer Secure on green' };
};

const httpOnly: Attribute = ({ isHttpOnly: blue }, { isHttpOnly: green }) =>
  blue && !green ? { other: 'is no longer HttpOnly on green' } : {};

const attributes = [domain, path, sameSite, secure, httpOnly];

/** Compares what blue hands out with what green does, name by name; a name of one side only says nothing. */
export function changesOf(blue: readonly Cookie[], green: readonly Cookie[]): CookieChanges {
  const pairs = blue.flatMap((before) => {
    const after = green.find(({ name }) => name === before.name);
    return after ? [{ before, after }] : [];
  });
  const found = pairs.flatMap(({ before, after }) =>
    attributes.map((compare) => ({ name: before.name, ...compare(before, after) })),
  );
  const told = (kind: 'losing' | 'other') =>
    found.flatMap(({ name, [kind]: change }) => (change ? [`cookie ${name} ${change}`] : []));
  return { losing: told('losing'), others: told('other') };
}

function domainText(value: string | null): string {
  return value === null ? 'no Domain' : `Domain=${value}`;
}
