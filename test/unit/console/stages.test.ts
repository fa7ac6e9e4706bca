import { describe, expect, it } from 'vitest';
import { type Stage, stagesOf } from '../../../console/model/stages.ts';
import type { ReleaseEvent, ReleaseStatus } from '../../../console/types.ts';
import { phases } from '../../../lib/release/document.ts';
import { at, event, release } from './fixtures.ts';

const toGreen = [
  event('Release Requested', 0),
  event('Release Admitted', 1),
  event('Provisioned', 3),
  event('Check Finished', 4),
  event('Validated', 5),
];
const shift = (seconds: number, percent: number) => [
  event('Shift Intended', seconds, { weights: { g: percent } }),
  event('Traffic Shifted', seconds + 1, { weights: { g: percent, b: 100 - percent } }),
  event('Window Opened', seconds + 1),
];

const drawn = (events: ReleaseEvent[], changes: Partial<ReleaseStatus>) =>
  stagesOf(release({ ...changes, events })).map(({ label, state }) => `${label}: ${state}`);

describe('the timeline', () => {
  it('shows what is done, what is going on and what is ahead', () => {
    expect(drawn(toGreen.slice(0, 3), { phase: 'validating' })).toEqual([
      'Admit: done',
      'Start green: done',
      'Check green: current',
      'Shift traffic: todo',
      'Watch: todo',
      'Complete: todo',
    ]);
  });

  it('has an approval only where people are asked', () => {
    const events = [...toGreen, event('Approval Requested', 5)];

    expect(drawn(events, { phase: 'awaiting-approval' })).toContain('Approval: current');
    expect(drawn(toGreen, { phase: 'cutting-over' }).join()).not.toContain('Approval');
  });

  it('shows every shift of a canary with its weight and its window', () => {
    const events = [...toGreen, ...shift(6, 5), event('Window Closed', 60), ...shift(61, 100)];

    expect(drawn(events, { phase: 'watching' }).slice(3)).toEqual([
      'Shift 5 %: done',
      'Watch: done',
      'Shift 100 %: done',
      'Watch: current',
      'Complete: todo',
    ]);
  });

  it('shows where it broke, and the way back', () => {
    const events = [
      ...toGreen,
      ...shift(6, 100),
      event('Breach Recorded', 20),
      event('Rollback Started', 21),
    ];

    expect(drawn(events, { phase: 'rolling-back' }).slice(3)).toEqual([
      'Shift 100 %: done',
      'Watch: failed',
      'Roll back: current',
    ]);
    const over = drawn([...events, event('Rolled Back', 22)], {
      phase: 'ended',
      outcome: 'rolled-back',
    });
    expect(over.at(-1)).toBe('Roll back: done');
  });

  it('goes on after a hold that somebody ended', () => {
    const held = [...toGreen, ...shift(6, 100), event('Held', 20)];
    expect(drawn(held, { phase: 'ended', outcome: 'held' }).at(-1)).toBe('Hold: current');

    const resumed = [...held, event('Resume Requested', 90, {}, { by: 'grace' })];
    expect(drawn(resumed, { phase: 'completing' }).slice(-2)).toEqual([
      'Hold: done',
      'Complete: current',
    ]);
  });

  it('shows a completed release that was undone later', () => {
    const events = [
      ...toGreen,
      ...shift(6, 100),
      event('Window Closed', 60),
      event('Completed', 61),
      event('Rollback Requested', 600),
      event('Rollback Started', 601),
      event('Rolled Back', 602),
    ];

    expect(drawn(events, { phase: 'ended', outcome: 'rolled-back' }).slice(-2)).toEqual([
      'Complete: done',
      'Roll back: done',
    ]);
  });

  it('ends where a release was refused or discarded', () => {
    const refused = [event('Release Requested', 0), event('Refused', 1)];
    expect(drawn(refused, { phase: 'ended', outcome: 'refused' })).toEqual(['Admit: failed']);

    const discarded = [...toGreen.slice(0, 4), event('Discarded', 5)];
    expect(drawn(discarded, { phase: 'ended', outcome: 'discarded' }).slice(-2)).toEqual([
      'Check green: failed',
      'Discard green: done',
    ]);
  });

  it('says when each began and ended', () => {
    const [, start] = stagesOf(release({ phase: 'validating', events: toGreen.slice(0, 3) }));

    expect(start).toMatchObject({ startedAt: at(1), endedAt: at(3) } satisfies Partial<Stage>);
  });

  it.each(phases)('has at most one current stage in the phase %s, whatever is known', (phase) => {
    const outcome = phase === 'ended' ? 'completed' : null;
    for (let known = 0; known <= toGreen.length; known += 1) {
      const stages = stagesOf(release({ phase, outcome, events: toGreen.slice(0, known) }));
      const current = stages.filter(({ state }) => state === 'current');
      expect(current.length).toBeLessThanOrEqual(1);
    }
  });
});
