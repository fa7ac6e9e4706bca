import { isNamed, messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { counted, evidenceOf, type Finding, tell, worstOf } from '../findings.ts';
import type { CheckDeps } from '../index.ts';
import { type Sifted, sift } from '../path-patterns.ts';
import { addressOf, isSafe } from '../requests.ts';
import type { SecurityConfig } from '../security.ts';
import { compareAnswers, lookAtCookies, openDoors, type Sides } from './answers.ts';
import { compareExposure } from './exposure.ts';
import { comparePermissions, type Described, hasRoles } from './permissions.ts';
import { compareTls } from './tls.ts';

type SecurityDeps = Pick<CheckDeps, 'timers' | 'clock' | 'iam' | 'ec2' | 'lambda'>;

/** What one aspect came to. */
interface Looked {
  findings: Finding[];
  /** At what, for people; empty when there was nothing to look at. */
  at: string[];
  evidence?: JsonObject;
}

const nothing: Looked = { findings: [], at: [] };

/**
 * A check that compares what protects both sides. Blue is sent nothing that may write, unless the manifest
 * says so, and neither is sent a secret.
 */
export function createSecurityCheck(config: SecurityConfig, deps: SecurityDeps): Check {
  const isWanted = (aspect: SecurityConfig['look'][number]) => config.look.includes(aspect);
  return {
    async run(context) {
      const sides = sidesOf(context, deps);
      const described = await describeBoth(context);
      const looks = await Promise.all([
        lookAtDoors(config, sides, context),
        isWanted('headers') ? lookAtHeaders(config, sides, context) : nothing,
        isWanted('tls') ? lookAtTls(config, sides, deps) : nothing,
        isWanted('permissions') ? lookAtPermissions(described, deps, context) : nothing,
        isWanted('exposure') ? lookAtExposure(described, deps, context) : nothing,
      ]);
      return conclude(config, context, looks);
    },
  };
}

/** Null where green has no address. */
function sidesOf({ blue, green, abort }: CheckContext, { timers }: SecurityDeps): Sides | null {
  const address = addressOf(green);
  if (address === null) return null;
  return { blue: blue && addressOf(blue), green: address, signal: abort, timers };
}

/** Null on a first release: there is nothing to compare with. */
async function describeBoth({
  blue,
  green,
  describe,
}: CheckContext): Promise<{ blue: Described; green: Described } | null> {
  if (blue === null) return null;
  const [ofBlue, ofGreen] = await Promise.all([describe(blue), describe(green)]);
  return { blue: { ref: blue, facts: ofBlue }, green: { ref: green, facts: ofGreen } };
}

async function lookAtDoors(
  { mustBeRefused }: SecurityConfig,
  sides: Sides | null,
  { isLive }: CheckContext,
): Promise<Looked> {
  if (mustBeRefused.length === 0) return nothing;
  if (sides === null) {
    const says = 'green has no address at which it could refuse anything';
    return { findings: [{ path: 'mustBeRefused', verdict: 'fail', says }], at: [] };
  }
  const sent = sendable(mustBeRefused, isLive);
  const findings = await openDoors(sent, sides);
  return { findings, at: [counted(sent.length, 'shut path'), ...leftOut(mustBeRefused, sent)] };
}

async function lookAtHeaders(
  { requests, writesOnBlue, cookiesMustHave }: SecurityConfig,
  sides: Sides | null,
  { isLive }: CheckContext,
): Promise<Looked> {
  if (sides === null) return nothing;
  const { blue } = sides;
  const sent = sendable(requests, isLive);
  const compared = sent.filter(({ method }) => blue && (writesOnBlue || isSafe(method)));
  const alone = sent.filter((one) => !isSafe(one.method) && !compared.includes(one));
  const [differing, lacking] = await Promise.all([
    blue ? compareAnswers(compared, { ...sides, blue }) : [],
    lookAtCookies(alone, cookiesMustHave, sides),
  ]);
  return {
    findings: [...differing, ...lacking],
    at: [
      ...(compared.length > 0 ? [`headers of ${counted(compared.length, 'request')}`] : []),
      ...(alone.length > 0
        ? [`cookies of ${counted(alone.length, 'request')} to green alone`]
        : []),
      ...leftOut(requests, sent),
    ],
  };
}

/** Nothing is written to a green that has users. */
function sendable<Request extends { method: string }>(
  requests: readonly Request[],
  isLive: boolean,
): Request[] {
  return requests.filter(({ method }) => !isLive || isSafe(method));
}

function leftOut(requests: readonly unknown[], sent: readonly unknown[]): string[] {
  const left = requests.length - sent.length;
  return left > 0 ? [`${counted(left, 'request')} left out, as green is live`] : [];
}

async function lookAtTls(
  { tls }: SecurityConfig,
  sides: Sides | null,
  { clock }: SecurityDeps,
): Promise<Looked> {
  if (sides === null) return nothing;
  const { findings, seen } = await compareTls(tls, sides, clock?.now() ?? null);
  return { findings, at: seen.green ? ['TLS'] : [], evidence: { tls: seen } };
}

type Both = { blue: Described; green: Described } | null;

async function lookAtPermissions(
  described: Both,
  { iam }: SecurityDeps,
  { abort }: CheckContext,
): Promise<Looked> {
  if (!described || !iam || !hasRoles(described.green.facts)) return nothing;
  try {
    const { blue, green } = described;
    const { findings, compared } = await comparePermissions(blue, green, await iam(), abort);
    return { findings, at: [counted(compared, 'role')] };
  } catch (error) {
    return { findings: [asFinding('permissions', error, abort)], at: [] };
  }
}

async function lookAtExposure(
  described: Both,
  { ec2, lambda }: SecurityDeps,
  { abort }: CheckContext,
): Promise<Looked> {
  if (!described) return nothing;
  try {
    const { blue, green } = described;
    const { findings, looked } = await compareExposure(blue, green, { ec2, lambda }, abort);
    return { findings, at: looked };
  } catch (error) {
    return { findings: [asFinding('exposure', error, abort)], at: [] };
  }
}

/** Patience is for the whole check, while there is time; anything else is its finding. */
function asFinding(aspect: string, error: unknown, abort: AbortSignal): Finding {
  if (isNamed(error, 'ThrottledError') && !abort.aborted) throw error;
  const says = `${messageOf(error)} (docs/iam.md), or leave ${aspect} out of \`look\``;
  return { path: aspect, verdict: 'fail', says };
}

function conclude(
  { allow }: SecurityConfig,
  { blue, green }: CheckContext,
  looks: readonly Looked[],
): CheckVerdict {
  const at = looks.flatMap((look) => look.at);
  const found = sift(
    looks.flatMap(({ findings }) => findings),
    allow,
  );
  const evidence: JsonObject = {
    ...{ blue: blue?.id ?? null, green: green.id, lookedAt: at },
    ...Object.fromEntries(looks.flatMap((look) => Object.entries(look.evidence ?? {}))),
    ...evidenceOf(found.left),
    allowed: found.allowed.slice(0, 20),
    allowedInVain: found.unused,
  };
  return {
    verdict: verdictOn(found, at, blue !== null),
    summary: summaryOf(found, at, blue !== null),
    evidence,
  };
}

function verdictOn(
  { left }: Sifted<Finding>,
  at: string[],
  hasBlue: boolean,
): CheckVerdict['verdict'] {
  if (left.length > 0) return worstOf(left);
  return at.length > 0 || !hasBlue ? 'pass' : 'fail';
}

function summaryOf({ left, allowed }: Sifted<Finding>, at: string[], hasBlue: boolean): string {
  if (left.length > 0) return tell(left);
  const meant = allowed.length > 0 ? `; ${allowed.length} weaker and allowed to be` : '';
  if (at.length === 0 && hasBlue)
    return 'nothing of green could be looked at: no address, no roles, no network in its facts';
  const compared = hasBlue ? 'nothing is weaker than on blue' : 'there is no blue to compare with';
  return `${[compared, ...at].join(', ')}${meant}`;
}
