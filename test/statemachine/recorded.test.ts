/**
 * Documents one version older. When the conductor is upgraded while releases run, an execution goes on
 * with the state machine that it began with, and calls the new functions with documents that the old
 * ones wrote. So each recorded call is handed to today's function in the state in which it was made,
 * and the release has to go on to its outcome.
 *
 * `VERDIGRIS_RECORD=1 npm test -- test/statemachine/recorded` records the version of package.json anew,
 * which CONTRIBUTING.md says when to do; then `npx biome check --write test/recorded`.
 */
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDefinitions } from '../../lib/platform/machines.ts';
import { phases as phasesOfReleases } from '../../lib/release/document.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { type Played, play } from '../recorded/play.ts';
import {
  functionsOf,
  type RecordedCall,
  readRecordings,
  recordedDefinitions,
  recorder,
  replay,
  writeRecordings,
} from '../recorded/recordings.ts';
import { type Scenario, scenarios } from '../recorded/scenarios.ts';

/**
 * Fields that are newer than a version's documents. Who reads one takes `undefined` for an answer, and
 * says here which one it is: `'0.1.0': ['.plan.colour']`.
 */
const optional: Record<string, string[]> = {
  '0.1.0': [
    // `executions.ts` takes `epoch` for it, as 0.1.0 did.
    ...['.executionEpoch', '.document.executionEpoch'],
    // `cutover.ts` has a default; 0.1.0 waited for nothing before a shift.
    // `step.ts` takes such a token as it comes.
    ...['.enteredAt', '.retryCount'],
    // `request-approval.ts` bars nobody then.
    ...['.plan.approval.hasSeparateDuties', '.document.plan.approval.hasSeparateDuties'],
    ...['.plan.readyWithinSeconds', '.document.plan.readyWithinSeconds'],
    // `judge/blindness.ts` minds no blindness then, and `breach.ts` does not either.
    ...['.plan.watch.blindForSeconds', '.document.plan.watch.blindForSeconds'],
    ...['.plan.watch.onBlind', '.document.plan.watch.onBlind'],
    // `judge/measure.ts` reads no earlier days then.
    ...['.plan.watch.earlierDays', '.document.plan.watch.earlierDays'],
    // `judge/compare.ts` takes 0 for it.
    ...['.plan.watch.warmUpSeconds', '.document.plan.watch.warmUpSeconds'],
    // `judge/baseline.ts` reads the summary that stands there instead.
    ...['until', 'stretchSeconds', 'requestsPerSecond', 'p50', 'p95', 'p99'].flatMap((it) => [
      `.baseline.${it}`,
      `.document.baseline.${it}`,
    ]),
    // `informational.ts` has none then: every alarm of 0.1.0 is critical.
    ...['.plan.watch.informationalAlarms', '.document.plan.watch.informationalAlarms'],
  ],
};

const untouched = (_key: string, _call: number, payload: never) => payload;

if (process.env.VERDIGRIS_RECORD) await recordAll();

async function recordAll(): Promise<void> {
  const recordings = [];
  for (const scenario of scenarios) {
    const { tap, calls } = recorder();
    await play(scenario, readDefinitions(), tap);
    recordings.push({ version: packageFile.version, scenario: scenario.name, calls });
  }
  writeRecordings(packageFile.version, recordings);
}

const recordings = readRecordings();
const versions = [...new Set(recordings.map(({ version }) => version))];

function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario plays the recorded ${name}`);
  return found;
}

describe.each(recordings)('what $version wrote of a release that was $scenario', (recording) => {
  const scenario = scenarioOf(recording.scenario);
  const definitions = recordedDefinitions(recording.version);
  let normal: Played;
  beforeAll(async () => {
    normal = await play(scenario, definitions, untouched as never);
  });

  it('ends today as it did then, on the state machines of then', () => {
    expect(normal.outcome).toBe(scenario.outcome);
  });

  it.each(recording.calls)('is understood by $function in its call $call', async (recorded) => {
    const { tap, missing } = replay(recorded);

    const played = await play(scenario, definitions, tap);

    const known = optional[recording.version] ?? [];
    expect(missing()?.filter((path) => !known.includes(path))).toEqual([]);
    expect(played).toEqual(normal);
  });
});

describe('the recordings', () => {
  it.each(versions)('of %s have a call of every function that its machines know', (version) => {
    const calls = recordings.filter((it) => it.version === version).flatMap((it) => it.calls);
    const recorded = new Set(calls.map((call) => call.function));

    expect([...recorded].sort()).toEqual(functionsOf(recordedDefinitions(version)));
  });

  it('have documents of every phase, and what travels in only some of them', () => {
    const documents = recordings.flatMap(({ calls }) => calls.map(documentOf));
    const phases = new Set(documents.map(({ phase }) => phase));

    // `admitting` and `ended` never travel: Admit makes the document, the last step ends it.
    const travelling = phasesOfReleases.filter((it) => it !== 'admitting' && it !== 'ended');
    expect(travelling.filter((phase) => !phases.has(phase))).toEqual([]);
    const has = (key: string) => documents.some((it) => isSomething(it[key]));
    const rare = ['error', 'breach', 'baseline', 'restoration', 'leaseUntil', 'ignoredAlarms'];
    expect(rare.filter((key) => !has(key))).toEqual([]);
  });

  it('tell when a document is not understood', async () => {
    const [recording] = recordings.filter(({ scenario }) => scenario === 'completed');
    const recorded = recording?.calls.find((it) => it.function === 'cutover');
    if (!recording || !recorded) throw new Error('no cutover is recorded');
    const { nextStepIndex, ...payload } = recorded.payload;
    const { tap } = replay({ ...recorded, payload: { ...payload, nextShift: nextStepIndex ?? 0 } });
    const definitions = recordedDefinitions(recording.version);

    const played = await play(scenarioOf('completed'), definitions, tap);

    expect(played.outcome).not.toBe('completed');
  });
});

function documentOf({ payload }: RecordedCall): Record<string, unknown> {
  return ('document' in payload ? payload.document : payload) as Record<string, unknown>;
}

function isSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}
