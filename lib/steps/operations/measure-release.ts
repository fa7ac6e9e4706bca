import { epochMs, isoTime } from '../../release/clock.ts';
import type { ReleaseDocument } from '../../release/document.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { ReleaseMetrics } from '../../release/release-metrics.ts';
import type { MetricPoint } from '../../signals/signal.ts';
import { versionsOf } from '../document.ts';
import type { Ports } from '../ports.ts';
import { readStretches, type Stretch } from '../traffic-stretches.ts';
import { marksOf } from './measure/marks.ts';
import { periodFor, widen } from './measure/points.ts';
import { stretchesOf } from './measure/stretches.ts';
import { findRelease } from './status.ts';

type Sides = Pick<ReleaseMetrics, 'blue' | 'green' | 'periodSeconds' | 'unavailable'>;

/**
 * Blue and green of a release, from the source that its plan names, with the moments that matter. That
 * there are no figures is an answer: a person looks at the rest all the same.
 * @throws ReleaseUnknownError, LedgerUnavailableError
 */
export async function measureRelease(releaseId: string, ports: Ports): Promise<ReleaseMetrics> {
  const { document } = await findRelease(releaseId, ports.ledger);
  const stretches = stretchesOf(document, ports.clock.now());
  const fromMs = stretches[0]?.fromMs ?? 0;
  const toMs = stretches.at(-1)?.toMs ?? 0;
  return {
    from: isoTime(fromMs),
    to: isoTime(toMs),
    ...(await sidesOf(document, stretches, ports)),
    marks: marksOf(await ports.ledger.listEvents(releaseId), fromMs, toMs),
  };
}

async function sidesOf(
  document: ReleaseDocument,
  stretches: readonly Stretch[],
  ports: Ports,
): Promise<Sides> {
  try {
    return present(await read(document, stretches, ports), document, stretches);
  } catch (error) {
    if (!(error instanceof VerdigrisError)) throw error;
    ports.log.warn('there are no figures of a release', {
      releaseId: document.releaseId,
      reason: messageOf(error),
    });
    return nothing(error.message);
  }
}

/** Points per environment id, over all stretches. */
async function read(
  { blue, green, plan, service }: ReleaseDocument,
  stretches: readonly Stretch[],
  ports: Ports,
): Promise<Record<string, MetricPoint[]>> {
  const environmentIds = [blue, green].flatMap((ref) => (ref ? [ref.id] : []));
  const versions = versionsOf({ blue, green });
  if (!plan || environmentIds.length === 0) return {};
  const source = ports.adapters.metrics(plan.metrics, service, plan.router);
  return readStretches(source, { environmentIds, versions }, stretches);
}

function present(
  points: Record<string, MetricPoint[]>,
  { blue, green }: ReleaseDocument,
  stretches: readonly Stretch[],
): Sides {
  const all = Object.values(points).flat();
  if (all.length === 0) {
    return nothing('there were no requests in this time, or their figures are no longer kept');
  }
  const toMs = stretches.at(-1)?.toMs ?? 0;
  const spanMs = toMs - (stretches[0]?.fromMs ?? 0);
  const periodSeconds = periodFor(spanMs / 1000, Math.max(...all.map((it) => it.periodSeconds)));
  const of = (id: string | undefined) =>
    widen(id ? (points[id] ?? []) : [], periodSeconds).filter(
      // One that is not over yet would look as if users were leaving.
      ({ at }) => epochMs(at) + periodSeconds * 1000 <= toMs,
    );
  return { periodSeconds, blue: of(blue?.id), green: of(green?.id), unavailable: null };
}

function nothing(unavailable: string): Sides {
  return { periodSeconds: 1, blue: [], green: [], unavailable };
}
