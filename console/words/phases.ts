import type { Outcome, Phase, ReleaseStatus } from '../types.ts';
import { capitalized } from './text.ts';

/** How a state looks: its colour and, for those who see none, its sign. */
export type Tone = 'idle' | 'busy' | 'good' | 'warn' | 'bad';

interface Words {
  label: string;
  tone: Tone;
}

const phaseWords: Record<Phase, Words> = {
  admitting: { label: 'Being admitted', tone: 'busy' },
  provisioning: { label: 'Starting green', tone: 'busy' },
  validating: { label: 'Checking green', tone: 'busy' },
  'awaiting-approval': { label: 'Waits for approval', tone: 'warn' },
  'cutting-over': { label: 'Shifting traffic', tone: 'busy' },
  watching: { label: 'Watching', tone: 'busy' },
  completing: { label: 'Completing', tone: 'busy' },
  'rolling-back': { label: 'Rolling back', tone: 'warn' },
  discarding: { label: 'Discarding green', tone: 'warn' },
  ended: { label: 'Ended', tone: 'idle' },
};

const outcomeWords: Record<Outcome, Words> = {
  completed: { label: 'Completed', tone: 'good' },
  'rolled-back': { label: 'Rolled back', tone: 'warn' },
  held: { label: 'Held', tone: 'warn' },
  refused: { label: 'Refused', tone: 'bad' },
  discarded: { label: 'Discarded', tone: 'bad' },
  expired: { label: 'Expired', tone: 'bad' },
  'rollback-failed': { label: 'Rollback failed', tone: 'bad' },
};

const outcomeMeanings: Record<Outcome, string> = {
  completed: 'The new version has all the traffic.',
  'rolled-back': 'All traffic is back on the version that was live before.',
  held: 'Traffic stays where it is until somebody decides.',
  refused: 'It was not let in. Nothing was changed.',
  discarded: 'The new version was removed before it got any traffic.',
  expired: 'Nobody approved in time. The new version was removed before it got any traffic.',
  'rollback-failed': 'Traffic may not be where it should be. Somebody has to look now.',
};

/** For a page that was opened before the conductor learnt a new word. */
const unknown = (word: string): Words => ({ label: capitalized(word), tone: 'idle' });

/** Phase or, once it has ended, outcome of a release: `Watching`, `Rolled back`. */
export function stateWords({ phase, outcome }: Pick<ReleaseStatus, 'phase' | 'outcome'>): Words {
  if (outcome === null) return phaseWords[phase] ?? unknown(phase);
  return outcomeWords[outcome] ?? unknown(outcome);
}

/** What an outcome means for visitors, in one sentence. */
export function outcomeMeaning(outcome: Outcome): string {
  return outcomeMeanings[outcome];
}

/** The page's title: the phase first, since tabs are narrow. */
export function releaseTitle(status: ReleaseStatus): string {
  return `${stateWords(status).label} · ${status.service} ${status.version}`;
}

/** What is read aloud when a release moves on: one sentence a phase. */
export function announcement(status: ReleaseStatus): string {
  const { label } = stateWords(status);
  const why = status.outcome !== null && status.reason ? ` ${capitalized(status.reason)}.` : '';
  return `${status.service} ${status.version}: ${label}.${why}`;
}
