import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { openDoor } from '../doors.ts';
import type { CheckDeps } from '../index.ts';
import { parsePath } from '../json-paths.ts';
import type { ReplayConfig } from '../replay.ts';
import { isSafe } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import { type Replaying, replay } from './rounds.ts';
import { type Replayed, readSource } from './sources.ts';
import { conclude, type LeftOut } from './verdict.ts';

/** So many requests at once, and so few where one side serves users. */
const concurrency = 4;
const concurrencyWhenLive = 1;
const limitWhenLive = 20;
/** Shares of the check's time after which a round begins nothing new. */
const firstRound = 0.6;
const secondRound = 0.85;

/** The check of a manifest's part that was read. */
export function createReplayCheck(config: ReplayConfig, deps: CheckDeps): Check {
  return {
    async run(context) {
      const { green, blue, secret } = context;
      if (!blue)
        return { verdict: 'pass', summary: 'nothing to compare with: first release', evidence: {} };
      const ours = await openDoor(config.through, green, secret);
      if ('problem' in ours) return failed(ours.problem);
      const theirs = await openDoor(config.through, blue, secret);
      if ('problem' in theirs) return failed(theirs.problem);
      const { requests, leftOut } = choose(
        await readSource(config, context, deps),
        config,
        context,
      );
      const outcomes = await replay(requests, {
        ...(await termsOf(config, context, deps)),
        ...{ blue: theirs, green: ours },
        sides: { blue: { ...blue, base: theirs.base }, green: { ...green, base: ours.base } },
      });
      return conclude(outcomes, leftOut, config);
    },
  };
}

function choose(
  all: Replayed[],
  { writes, limit }: ReplayConfig,
  { isLive }: CheckContext,
): { requests: Replayed[]; leftOut: LeftOut } {
  const sendable = all.filter(({ method }) => (writes && !isLive) || isSafe(method));
  const requests = sendable.slice(0, isLive ? Math.min(limit, limitWhenLive) : limit);
  const beyond = sendable.length - requests.length;
  return { requests, leftOut: { writing: all.length - sendable.length, beyond } };
}

function failed(summary: string): CheckVerdict {
  return { verdict: 'fail', summary, evidence: {} };
}

async function termsOf(
  config: ReplayConfig,
  { secret, abort, isLive, timeoutSeconds }: CheckContext,
  { timers }: CheckDeps,
): Promise<Omit<Replaying, 'blue' | 'green' | 'sides'>> {
  const { allowAdded, similarity } = config;
  const until = (share: number) => performance.now() + timeoutSeconds * share * 1000;
  return {
    rules: { allowAdded, similarity, ignore: config.ignore.map(parsePath) },
    headers: await headersWithSecrets(config.headers, secret),
    timers,
    abort,
    concurrency: isLive ? concurrencyWhenLive : concurrency,
    firstRoundUntil: until(firstRound),
    secondRoundUntil: until(secondRound),
  };
}
