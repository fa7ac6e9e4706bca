import type { Client, Session, Side } from './client.ts';
import type { Cookie } from './cookies.ts';

/** What became of one session. Reasons are null when all went well; absent is what was not tried. */
export interface Journey {
  madeOn: Side['name'];
  /** Where it was made. */
  home: string | null;
  /** On the other side. */
  away?: string | null;
  /** Where it was made, after it was used on the other side. */
  back?: string | null;
  /** What logging in brought, and what came of it later. */
  cookies: Cookie[];
  /** Cookies that a browser would not have taken. */
  refusals: string[];
}

/** How a session travels. */
export interface Route {
  home: Side;
  /** Null where there is one side only. */
  away: Side | null;
  /** Whether something is put into it. */
  hasState: boolean;
  /** Whether that is put in once more away, and it is looked at home again. */
  isReturning: boolean;
  isRepeating: boolean;
}

/** Makes a session on one side and takes it to the other, and back. */
export async function travel(client: Client, route: Route): Promise<Journey> {
  const { home, away, hasState } = route;
  const session = client.stranger();
  const put = (side: Side) => (hasState ? client.put(side, session) : null);
  const works = async (side: Side) =>
    (await client.verify(side, session)) ?? (hasState ? client.see(side, session) : null);

  const madeWell = (await client.logIn(home, session)) ?? (await put(home)) ?? (await works(home));
  const begun = { madeOn: home.name, home: madeWell, cookies: session.jar.cookies() };
  if (madeWell !== null || away === null) return ended(begun, session);

  const onTheOther = await works(away);
  if (onTheOther !== null || !route.isReturning)
    return ended({ ...begun, away: onTheOther }, session);

  const usedThere = route.isRepeating ? await put(away) : null;
  if (usedThere !== null) return ended({ ...begun, away: usedThere }, session);
  return ended({ ...begun, away: null, back: await works(home) }, session);
}

function ended(journey: Omit<Journey, 'refusals'>, { jar }: Session): Journey {
  return { ...journey, refusals: jar.refusals() };
}
