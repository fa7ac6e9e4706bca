import type { Timers } from '../../release/clock.ts';
import type { Check, CheckContext, CheckVerdict, PreflightContext } from '../check.ts';
import { addressOf } from '../requests.ts';
import type { SessionConfig } from '../session.ts';
import { type Client, createClient, type Side } from './client.ts';
import { type Journey, type Route, travel } from './journeys.ts';
import { judge, type Trial } from './verdict.ts';

/** A check of what becomes of sessions when traffic moves, and when it moves back. */
export function createSessionCheck(config: SessionConfig, { timers }: { timers: Timers }): Check {
  const open = ({ secret, abort }: PreflightContext) =>
    createClient(config, secret, { timers, abort });

  return {
    async run(context) {
      const sides = sidesOf(context);
      if ('problem' in sides) return failed(sides.problem);
      const client = await open(context);
      const useless = sides.blue ? await reasonToDoubt(client, sides.blue) : null;
      if (useless !== null) return failed(useless);
      const journeys = await travelAll(client, sides, config, context);
      if (context.abort.aborted) return failed('its time was up before all sessions were tried');
      const broken = journeys.find(({ madeOn, home }) => madeOn === 'blue' && home !== null);
      if (broken) return failed(outOfDate(broken.home));
      return judge(journeys, trialOf(config, context));
    },
    async preflight(context) {
      const { blue } = context;
      if (!blue) return passed('nothing to compare with: first release');
      const base = addressOf(blue);
      if (base === null) return failed(`blue (${blue.id}) has no address to ask`);
      const side: Side = { name: 'blue', base };
      const client = await open(context);
      const useless = await reasonToDoubt(client, side);
      if (useless !== null) return failed(useless);
      const route = { home: side, away: null, hasState: false };
      const { home } = await travel(client, { ...route, isReturning: false, isRepeating: false });
      return home === null ? passed('a session works on blue') : failed(outOfDate(home));
    },
  };
}

interface Sides {
  green: Side;
  blue: Side | null;
}

function sidesOf({ green, blue }: CheckContext): Sides | { problem: string } {
  const base = addressOf(green);
  if (base === null) return { problem: `green (${green.id}) has no address to ask` };
  const greenSide: Side = { name: 'green', base };
  if (!blue) return { green: greenSide, blue: null };
  const blueBase = addressOf(blue);
  if (blueBase === null) return { problem: `blue (${blue.id}) has no address to ask` };
  return { green: greenSide, blue: { name: 'blue', base: blueBase } };
}

/** Why the check proves nothing: what a session is needed for is shown to everybody. */
async function reasonToDoubt(client: Client, blue: Side): Promise<string | null> {
  const reason = await client.verify(blue, client.stranger());
  if (reason !== null) return null;
  return 'verify is answered as expected on blue without a session, too: expect what only a session may see';
}

function outOfDate(reason: string | null): string {
  return `a session made on blue does not even work on blue, so this check is out of date, or blue is broken: ${reason}`;
}

/** One session after the other: many services keep only the newest of a user. */
async function travelAll(
  client: Client,
  { green, blue }: Sides,
  { samples, state }: SessionConfig,
  { isLive, abort }: CheckContext,
): Promise<Journey[]> {
  const hasState = state !== undefined && !isLive;
  const how = { hasState, isRepeating: state?.repeat ?? false };
  const fromGreen: Route = { home: green, away: blue, isReturning: false, ...how };
  const routes = blue
    ? [{ home: blue, away: green, isReturning: true, ...how }, fromGreen]
    : [fromGreen];
  const journeys: Journey[] = [];
  for (let sample = 0; sample < (isLive ? 1 : samples); sample += 1) {
    for (const route of routes) {
      if (abort.aborted) return journeys;
      journeys.push(await travel(client, route));
    }
  }
  return journeys;
}

function trialOf({ carry, state }: SessionConfig, { blue, isLive }: CheckContext): Trial {
  const withState = isLive ? 'left out: green is live' : 'carried';
  return { carry, state: state ? withState : 'not asked for', hasBlue: blue !== null };
}

function passed(summary: string): CheckVerdict {
  return { verdict: 'pass', summary, evidence: {} };
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}
