import type { Phase, ReleaseEvent, ReleaseStatus } from '../types.ts';
import { percentIn } from './sides.ts';

/** What a release passes through, as the timeline draws it. */
export type StageKey =
  | 'admit'
  | 'provision'
  | 'validate'
  | 'approve'
  | 'shift'
  | 'watch'
  | 'complete'
  | 'rollback'
  | 'discard'
  | 'hold';

/** One step of the timeline. */
export interface Stage {
  key: StageKey;
  label: string;
  state: 'done' | 'current' | 'failed' | 'todo';
  /** ISO 8601; null until it began. */
  startedAt: string | null;
  endedAt: string | null;
  /** What came of it, in a few words; null where there is nothing to say. */
  note: string | null;
}

const labels: Record<StageKey, string> = {
  admit: 'Admit',
  provision: 'Start green',
  validate: 'Check green',
  approve: 'Approval',
  shift: 'Shift traffic',
  watch: 'Watch',
  complete: 'Complete',
  rollback: 'Roll back',
  discard: 'Discard green',
  hold: 'Hold',
};

const stageOfPhase: Record<Phase, StageKey | null> = {
  admitting: 'admit',
  provisioning: 'provision',
  validating: 'validate',
  'awaiting-approval': 'approve',
  'cutting-over': 'shift',
  watching: 'watch',
  completing: 'complete',
  'rolling-back': 'rollback',
  discarding: 'discard',
  ended: null,
};

const order = Object.keys(labels) as StageKey[];

/** What is still ahead of a release that goes well. */
const ahead: Partial<Record<StageKey, readonly StageKey[]>> = {
  admit: ['provision', 'validate', 'shift', 'watch', 'complete'],
  provision: ['validate', 'shift', 'watch', 'complete'],
  validate: ['shift', 'watch', 'complete'],
  approve: ['shift', 'watch', 'complete'],
  shift: ['watch', 'complete'],
  watch: ['complete'],
};

/**
 * The timeline of a release, from what happened. A canary passes through `shift` and `watch` several
 * times; a release that was held or undone shows that too, in the order in which it came.
 */
export function stagesOf(status: ReleaseStatus): Stage[] {
  const stages: Stage[] = [];
  for (const event of status.events) follow(stages, event, status.green?.id ?? '');
  if (status.outcome !== null) return stages;
  catchUp(stages, stageOfPhase[status.phase]);
  const current = open(stages);
  const rest = (current && ahead[current.key]) ?? [];
  return [...stages, ...rest.map((it) => stage(it, 'todo', null))];
}

/** Phase and events are not written at once: whichever is ahead is right. */
function catchUp(stages: Stage[], key: StageKey | null): void {
  const current = open(stages);
  if (!key || (current && order.indexOf(key) <= order.indexOf(current.key))) return;
  const since = stages.at(-1)?.endedAt ?? null;
  if (current) {
    current.state = order.indexOf(key) > order.indexOf('complete') ? 'failed' : 'done';
  }
  begin(stages, key, since);
}

function follow(stages: Stage[], event: ReleaseEvent, greenId: string): void {
  const { type, at, data } = event;
  if (type === 'Release Requested') begin(stages, 'admit', at);
  else if (type === 'Release Admitted') next(stages, 'provision', at);
  else if (type === 'Provisioned') next(stages, 'validate', at);
  else if (type === 'Validated') end(stages, 'done', at);
  else if (type === 'Approval Requested') next(stages, 'approve', at);
  else if (type === 'Route Prepared' || type === 'Shift Intended') next(stages, 'shift', at);
  else if (type === 'Traffic Shifted') shifted(stages, at, percentIn(data.weights, greenId));
  else if (type === 'Window Opened') next(stages, 'watch', at);
  else if (type === 'Window Closed') end(stages, 'done', at);
  else if (type === 'Rollback Started') broken(stages, 'rollback', at);
  else if (type === 'Resume Requested') end(stages, 'done', at, `by ${event.by}`);
  else ending(stages, event);
}

function ending(stages: Stage[], { type, at }: ReleaseEvent): void {
  if (type === 'Completed') {
    next(stages, 'complete', at);
    end(stages, 'done', at);
  } else if (type === 'Rolled Back') {
    broken(stages, 'rollback', at);
    end(stages, 'done', at);
  } else if (type === 'Held') {
    broken(stages, 'hold', at);
  } else if (type === 'Refused') {
    end(stages, 'failed', at, 'refused');
  } else if (type === 'Discarded') {
    broken(stages, 'discard', at);
    end(stages, 'done', at);
  } else if (type === 'Rollback Failed') {
    broken(stages, 'rollback', at);
    end(stages, 'failed', at);
  }
}

function shifted(stages: Stage[], at: string, percent: number | null): void {
  next(stages, 'shift', at);
  const current = open(stages);
  if (current && percent !== null) current.label = `Shift ${percent} %`;
  end(stages, 'done', at);
}

/** The stage is over and this one begins; one that is open already goes on. */
function next(stages: Stage[], key: StageKey, at: string): void {
  if (open(stages)?.key === key) return;
  end(stages, 'done', at);
  begin(stages, key, at);
}

/** What was going on did not end well, and this begins instead. */
function broken(stages: Stage[], key: StageKey, at: string): void {
  if (open(stages)?.key === key) return;
  end(stages, 'failed', at);
  begin(stages, key, at);
}

function begin(stages: Stage[], key: StageKey, at: string | null): void {
  stages.push(stage(key, 'current', at));
}

function end(stages: Stage[], state: 'done' | 'failed', at: string, note?: string): void {
  const current = open(stages);
  if (!current) return;
  current.state = state;
  current.endedAt = at;
  current.note = note ?? current.note;
}

function stage(key: StageKey, state: Stage['state'], startedAt: string | null): Stage {
  return { key, label: labels[key], state, startedAt, endedAt: null, note: null };
}

function open(stages: readonly Stage[]): Stage | undefined {
  const last = stages.at(-1);
  return last?.state === 'current' ? last : undefined;
}
