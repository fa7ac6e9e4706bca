import { isRetirement } from '../../../lib/steps/retire.ts';
import { createDeeds } from './deeds.ts';
import { rules } from './rules.ts';
import type { Moment, Schedule } from './schedule.ts';
import { manifestOf } from './setup.ts';
import { createWorld, service, type Violation, type World } from './world.ts';

/** What became of a schedule. */
export interface Run {
  violations: Violation[];
  /** Line by line, if it was asked for. */
  story: string[];
  /** Of every release, in order; null for one that has no outcome. */
  outcomes: (string | null)[];
}

/** A release may take this long after the last thing that went wrong, in milliseconds. */
const patienceMs = 3 * 3_600_000;
/** After everything has ended: retention, and two sweeps. */
const aftermathMs = 25 * 60_000;

/** Two sweeps of AWS. */
const sweepsMs = 11 * 60_000;

/** Runs one schedule to its end on virtual time and checks every rule over the whole of it. */
export async function runSchedule(
  schedule: Schedule,
  { isTold = false }: { isTold?: boolean } = {},
): Promise<Run> {
  const world = createWorld(schedule, { isTold });
  const deeds = createDeeds(world);
  world.listen({
    event: ({ type, releaseId }) => {
      if (type === 'Release Requested' && releaseId) deeds.releases.push(releaseId);
    },
  });
  const judges = rules.map((rule) => rule(world));
  const setup = { ...world.caller('setup'), isSafe: true };
  await world.operationsFor(setup).applyManifest(service, manifestOf(schedule.setup), 'ann');
  for (const { when, what } of schedule.acts) plan(world, when, () => void deeds.act(what));
  if (schedule.setup.platform === 'aws') deeds.sweepAgain();
  else void deeds.recover();
  void deeds.release();
  approveInTime(world, deeds);
  await untilQuiet(world, deeds.releases);
  for (const judge of judges) judge.finish?.();
  world.engine.abandon();
  return {
    violations: world.violations,
    story: world.story,
    outcomes: deeds.releases.map((id) => world.ledger.inside.release(id)?.outcome ?? null),
  };
}

function approveInTime(world: World, deeds: ReturnType<typeof createDeeds>): void {
  const seconds = world.schedule.setup.approval?.givenAfterSeconds;
  if (!seconds) return;
  const people = ['ann', 'bob', 'cem'];
  world.clock.after(seconds * 1000, () => {
    for (const by of people) void deeds.act({ type: 'approve', by });
  });
}

function plan(world: World, when: Moment, act: () => void): void {
  if (when.at === 'time') {
    world.clock.after(when.seconds * 1000, act);
    return;
  }
  const key =
    when.at === 'phase'
      ? `phase ${when.phase}#1`
      : `${when.edge} ${when.contract}.${when.method}#${when.nth}`;
  const delayMs = when.plusSeconds * 1000;
  world.plan(key, delayMs === 0 ? act : () => void world.clock.after(delayMs, act));
}

/** Passes time until nothing is going on and nothing will, or for too long. */
async function untilQuiet(world: World, releases: readonly string[]): Promise<void> {
  const { clock, ledger } = world;
  const lastTimedMs = Math.max(
    0,
    ...world.schedule.acts.map(({ when }) => (when.at === 'time' ? when.seconds * 1000 : 0)),
  );
  const isOpen = (id: string) => ledger.inside.release(id)?.outcome === null;
  for (;;) {
    await clock.runUntil(
      () =>
        (!releases.some(isOpen) && world.isUp && releases.length > 0) ||
        clock.now() > Math.max(world.lastDisturbanceMs(), world.startMs + lastTimedMs) + patienceMs,
    );
    const before = releases.length;
    const from = clock.now();
    await clock.advance(Math.max(aftermathMs, world.startMs + lastTimedMs + aftermathMs - from));
    // A lock that a dead retirement left is freed by the second sweep that finds it.
    if (isRetirement(ledger.inside.lock(service)?.releaseId ?? '')) await clock.advance(sweepsMs);
    const isOver = clock.now() > world.lastDisturbanceMs() + patienceMs;
    if (isOver || (releases.length === before && !releases.some(isOpen))) return;
  }
}
