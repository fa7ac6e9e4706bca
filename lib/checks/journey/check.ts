import type { Ids } from '../../release/clock.ts';
import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Check, CheckContext, CheckVerdict } from '../check.ts';
import { readText } from '../check-files.ts';
import { openDoor, valuesOf } from '../doors.ts';
import { readHar } from '../har.ts';
import type { CheckDeps } from '../index.ts';
import type { JourneyConfig } from '../journey.ts';
import { isSafe } from '../requests.ts';
import { headersWithSecrets } from '../written-requests.ts';
import { recordedSteps } from './recorded-steps.ts';
import { lowerCase, type Step, stepsOf } from './steps.ts';
import { type Travelled, type Travelling, travel } from './take.ts';
import { conclude, type Journeys } from './verdict.ts';

type JourneyDeps = CheckDeps & { ids: Ids };

/**
 * The check of a manifest's part that was read.
 * @throws KindUnavailableError on a platform without names of its own.
 */
export function createJourneyCheck(config: JourneyConfig, deps: CheckDeps): Check {
  const { ids } = deps;
  if (!ids) throw new VerdigrisError('KindUnavailableError', 'check kind "journey" needs ids');
  return {
    async run(context) {
      const steps = await readSteps(config, context, deps);
      const writing = writingIn(steps);
      if (context.isLive && !config.writes && writing.length > 0) return notTaken(writing);
      return take(config, steps, context, { ...deps, ids });
    },
  };
}

/** Names of the steps that may write. */
function writingIn(steps: readonly Step[]): string[] {
  return steps.filter(({ method }) => !isSafe(method)).map(({ name }) => name);
}

function notTaken(writing: string[]): CheckVerdict {
  const why = `not taken: it may write (${writing.join(', ')}), and green has users`;
  return { verdict: 'warn', summary: `${why}; writes: true allows it`, evidence: { writing } };
}

async function readSteps(
  { steps, har = '' }: JourneyConfig,
  { green, secret, abort }: CheckContext,
  { files }: CheckDeps,
): Promise<Step[]> {
  if (steps) return stepsOf(steps, secret);
  return recordedSteps(readHar(await readText(files, har, green, abort), har));
}

async function take(
  config: JourneyConfig,
  steps: readonly Step[],
  context: CheckContext,
  deps: JourneyDeps,
): Promise<CheckVerdict> {
  const { green, blue } = context;
  const onBlue = config.onBlue ?? (writingIn(steps).length > 0 ? 'never' : 'always');
  const go = (side: EnvironmentRef) => travelOn(side, config, steps, context, deps);
  const isFirst = onBlue === 'always';
  const before = blue && isFirst ? await go(blue) : null;
  const ours = await go(green);
  if ('problem' in ours) return { verdict: 'fail', summary: ours.problem, evidence: {} };
  const isWrong = ours.taken.some(({ problem }) => problem !== null);
  const isNeeded = onBlue === 'after-failure' && isWrong;
  const other = before ?? (blue && isNeeded ? await go(blue) : null);
  const beside = besideOf(context, other, config.onBlue ? [] : writingIn(steps));
  return conclude({ steps, green: ours, ...beside }, config);
}

/** Blue's journey, or why there is none. `writing` are steps that kept it from being taken. */
function besideOf(
  { blue }: CheckContext,
  other: Travelled | { problem: string } | null,
  writing: readonly string[],
): Pick<Journeys, 'blue' | 'without'> {
  if (!blue) return { blue: null, without: 'nothing to compare with: first release' };
  if (other && 'problem' in other)
    return { blue: null, without: `not compared with blue: ${other.problem}` };
  const [first] = writing;
  if (first === undefined) return { blue: other, without: '' };
  const why = `not compared with blue, which has users: ${first} may write`;
  return { blue: null, without: `${why}; onBlue: always allows it` };
}

async function travelOn(
  side: EnvironmentRef,
  config: JourneyConfig,
  steps: readonly Step[],
  { secret, abort }: CheckContext,
  { timers, ids }: JourneyDeps,
): Promise<Travelled | { problem: string }> {
  const door = await openDoor(config.through, side, secret);
  if ('problem' in door) return door;
  const travelling: Travelling = {
    door: { ...door, headers: lowerCase(door.headers) },
    host: config.host,
    headers: lowerCase(await headersWithSecrets(config.headers, secret)),
    values: { ...valuesOf(side), unique: ids.next() },
    timers,
    abort,
  };
  return travel(steps, travelling);
}
