import { epochMs } from '../../../release/clock.ts';
import type { EventType, ReleaseEvent } from '../../../release/events.ts';
import type { Mark } from '../../../release/release-metrics.ts';

const kinds: Partial<Record<EventType, Mark['kind']>> = {
  'Traffic Shifted': 'shift',
  Verdict: 'verdict',
  'Breach Recorded': 'breach',
  Completed: 'end',
  'Rolled Back': 'end',
  Held: 'end',
  Discarded: 'end',
  'Rollback Failed': 'end',
};

/** With more verdicts than this only those are marked that say something else than the one before. */
const mostVerdicts = 40;

/** The moments of a release that charts show, as far as they lie within the time shown. */
export function marksOf(events: readonly ReleaseEvent[], fromMs: number, toMs: number): Mark[] {
  const shown = events.filter(({ type, at }) => {
    const ms = epochMs(at);
    return kinds[type] !== undefined && ms >= fromMs && ms <= toMs;
  });
  const verdicts = shown.filter(({ type }) => type === 'Verdict');
  const told = new Set(verdicts.length > mostVerdicts ? turnsOf(verdicts) : verdicts);
  return shown
    .filter((event) => event.type !== 'Verdict' || told.has(event))
    .flatMap((event) => {
      const kind = kinds[event.type];
      return kind ? [{ at: event.at, kind, label: event.summary }] : [];
    })
    .sort((a, b) => epochMs(a.at) - epochMs(b.at));
}

function turnsOf(verdicts: readonly ReleaseEvent[]): ReleaseEvent[] {
  return verdicts.filter(({ data }, i) => data.verdict !== verdicts[i - 1]?.data.verdict);
}
