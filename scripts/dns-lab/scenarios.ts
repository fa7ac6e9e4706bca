import type { ResolverKind } from './resolver.ts';
import type { AudienceOptions } from './stub-clients.ts';

/** How long and how many, in seconds where nothing else is said. */
export interface Scale {
  /** The TTL of a name that nobody prepared. */
  ttl: number;
  /** What it is lowered to. */
  lowerTo: number;
  /** From a change to `INSYNC`. */
  propagation: number;
  /** The least that raising resolvers keep an answer. */
  raisedTo: number;
  /** How often somebody asks through a resolver that answers from expired entries. */
  rareEvery: number;
  /** How often every other client asks. */
  every: number;
  /** How long is looked at after a change; null: until the last old answer can be expected. */
  watch: number | null;
  /** How long a 5/95 split is looked at. */
  split: number;
  clients: number;
  /** How many resolvers of each kind. */
  resolvers: { obedient: number; raising: number; stale: number };
}

/** What `npm run bench:dns` measures when it is told nothing else. */
export const fullScale: Scale = {
  ttl: 60,
  lowerTo: 5,
  propagation: 5,
  raisedTo: 30,
  rareEvery: 15,
  every: 1,
  watch: null,
  split: 150,
  clients: 50,
  resolvers: { obedient: 12, raising: 6, stale: 8 },
};

/** The resolvers that the scenarios need. */
export function resolversOf({ resolvers, raisedTo }: Scale): (ResolverKind & { count: number })[] {
  return [
    { kind: 'obedient', count: resolvers.obedient },
    { kind: 'raising', seconds: raisedTo, count: resolvers.raising },
    { kind: 'stale', count: resolvers.stale },
  ];
}

/** Which servers an audience asks. */
export type Through = 'obedient' | 'one-obedient' | 'raising' | 'stale' | 'name-servers';

/** Clients of a scenario. */
export interface AudiencePlan extends Omit<AudienceOptions, 'servers' | 'roams'> {
  name: string;
  through: Through;
}

/** A cutover and a rollback of one name. Times are seconds. */
export interface CutoverPlan {
  name: string;
  what: string;
  /** The hosted zone, with the dot at its end. */
  domain: string;
  ttl: number;
  /** Lower the TTL to this before the cutover. */
  lowerTo: number | null;
  /** Wait for the old TTL after lowering. */
  isPatient: boolean;
  /** How long the cutover and the rollback are looked at. */
  watch: { cutover: number; rollback: number };
  audiences: AudiencePlan[];
}

/** Resolvers count whole seconds, for which the router waits, and an answer after that would have to be seen. */
const slack = 4;

/** The cutovers that are measured, all at the same time, each in a zone of its own. */
export function cutoversOf(scale: Scale): CutoverPlan[] {
  const { ttl, lowerTo, propagation, raisedTo, rareEvery, watch } = scale;
  const until = (longest: number) => watch ?? propagation + longest + slack;
  const both = (longest: number) => ({ cutover: until(longest), rollback: until(longest) });
  const usual = [audience(scale, 'resolvers', 'obedient', ttl), direct(scale)];
  const unusual = [
    audience(scale, 'resolvers with a minimum', 'raising', raisedTo),
    {
      ...audience(scale, 'resolvers that answer expired entries', 'stale', rareEvery),
      ...rare(scale),
    },
  ];
  const longestUnusual = Math.max(lowerTo, raisedTo, rareEvery * 2);
  return [
    {
      name: 'kept',
      what: `TTL ${ttl}, as it is`,
      domain: 'kept.example.',
      ttl,
      lowerTo: null,
      isPatient: true,
      watch: both(ttl),
      audiences: usual,
    },
    {
      name: 'lowered',
      what: `TTL ${ttl}, lowered to ${lowerTo}, the old TTL waited for`,
      domain: 'lowered.example.',
      ttl,
      lowerTo,
      isPatient: true,
      watch: both(longestUnusual),
      // Everything older has run out when the wait is over: how it was spread does not count.
      audiences: [audience(scale, 'resolvers', 'obedient', raisedTo), direct(scale), ...unusual],
    },
    {
      name: 'hurried',
      what: `TTL ${ttl}, lowered to ${lowerTo}, not waited for`,
      domain: 'hurried.example.',
      ttl,
      lowerTo,
      isPatient: false,
      watch: { cutover: until(ttl), rollback: until(lowerTo) },
      audiences: [audience(scale, 'resolvers', 'obedient', ttl)],
    },
  ];
}

/** The name whose traffic is split, and who asks for it. */
export function splitOf(scale: Scale) {
  const ttl = Math.min(2, scale.lowerTo);
  return {
    domain: 'split.example.',
    ttl,
    weights: { blue: 95, green: 5 },
    seconds: scale.split,
    audiences: [
      audience(scale, 'one resolver', 'one-obedient', 0),
      audience(scale, `${scale.resolvers.obedient} resolvers`, 'obedient', ttl),
      audience(scale, 'the name servers', 'name-servers', 0),
    ],
  };
}

function audience(scale: Scale, name: string, through: Through, spread: number): AudiencePlan {
  const { clients, every } = scale;
  return { name, through, clients, everyMs: every * 1000, spreadMs: spread * 1000 };
}

/** A few clients that ask the name servers themselves: they see a change as soon as there is one. */
function direct(scale: Scale): AudiencePlan {
  return { ...audience(scale, 'name servers', 'name-servers', 0), clients: 6 };
}

/** One client for each resolver, who asks when its entry has expired. */
function rare({ resolvers, rareEvery }: Scale): Pick<AudiencePlan, 'clients' | 'everyMs'> {
  return { clients: resolvers.stale, everyMs: rareEvery * 1000 };
}
