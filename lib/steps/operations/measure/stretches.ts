import { epochMs } from '../../../release/clock.ts';
import type { ReleaseDocument } from '../../../release/document.ts';
import { type Stretch, trafficStretches } from '../../traffic-stretches.ts';

/** Blue is shown this far back before the first shift: as long as it is watched, within these bounds. */
const shortestLookBackMs = 60_000;
const longestLookBackMs = 1_800_000;
/** How things went on after the end. */
const aftermathMs = 60_000;

/** The time that charts of a release show, at least one stretch. */
export function stretchesOf(document: ReleaseDocument, nowMs: number): Stretch[] {
  const { firstShiftAt, endedAt } = document.milestones;
  const at = (iso: string | null) => (iso === null ? null : epochMs(iso));
  const endedMs = at(endedAt);
  const toMs = endedMs === null ? nowMs : Math.min(nowMs, endedMs + aftermathMs);
  const fromMs = Math.min(at(firstShiftAt) ?? endedMs ?? nowMs, nowMs) - lookBackMs(document);
  return trafficStretches(document, fromMs, toMs);
}

function lookBackMs({ plan }: ReleaseDocument): number {
  const watchedSeconds = (plan?.steps ?? []).reduce((sum, step) => sum + step.windowSeconds, 0);
  return Math.min(longestLookBackMs, Math.max(shortestLookBackMs, watchedSeconds * 1000));
}
