import type { ReleaseDocument } from '../release/document.ts';
import { messageOf } from '../release/errors.ts';
import type { ReleaseEvent } from '../release/events.ts';
import type { AlarmActions } from '../signals/signal.ts';
import { planOf } from './document.ts';
import { isInformational } from './informational.ts';
import type { Ports } from './ports.ts';
import { record } from './record.ts';

const quietedKey = 'alarms-quieted';
const restoredKey = 'alarms-restored';

/**
 * Keeps the informational alarms of a release from telling others while traffic moves. Which ones they
 * were is an event before anything changes, so that {@link restoreAlarms} knows whatever happens to this
 * call, its document or its execution. Nothing about it stops a release.
 */
export async function quietAlarms(document: ReleaseDocument, ports: Ports): Promise<void> {
  const actions = actionsOf(document, ports);
  if (!actions) return;
  const { releaseId } = document;
  try {
    const names = await rememberLoud(document, actions, ports);
    if (names.length === 0) return;
    await actions.suspend(names);
    // This very call may have been presumed dead, and all be over.
    if ((await ports.ledger.getRelease(releaseId))?.outcome) await actions.resume(names);
  } catch (error) {
    ports.log.warn('alarms could not be quieted', { releaseId, reason: messageOf(error) });
  }
}

/** What an earlier call found counts: by now its alarms may be quiet. */
async function rememberLoud(
  document: ReleaseDocument,
  actions: AlarmActions,
  ports: Ports,
): Promise<string[]> {
  const { quieted, isRestored } = await suspended(document, ports);
  if (isRestored) return [];
  if (quieted) return quieted;
  const names = await actions.inForce(informationalOf(document));
  if (names.length === 0) return [];
  await record(document, ports, {
    key: quietedKey,
    type: 'Alarms Quieted',
    summary: `${names.join(', ')}: informational, and quiet until this release has ended`,
    data: { alarms: names },
  });
  return names;
}

/**
 * Gives alarms back what {@link quietAlarms} took from them. Never throws: a release that has ended is
 * not undone by it, and the sweep comes back to what did not work.
 */
export async function restoreAlarms(document: ReleaseDocument, ports: Ports): Promise<void> {
  const actions = actionsOf(document, ports);
  if (!actions) return;
  const { releaseId } = document;
  try {
    const { quieted, isRestored } = await suspended(document, ports);
    if (!quieted || isRestored) return;
    await actions.resume(quieted);
    await record(document, ports, {
      key: restoredKey,
      type: 'Alarms Restored',
      summary: `${quieted.join(', ')}: no longer quiet`,
      data: { alarms: quieted },
    });
  } catch (error) {
    ports.log.error('alarms are still quiet', { releaseId, reason: messageOf(error) });
  }
}

async function suspended({ releaseId }: ReleaseDocument, ports: Ports) {
  const events = await ports.ledger.listEvents(releaseId);
  const idOf = (key: string) => `${releaseId}#${key}`;
  const found = events.find(({ id }) => id === idOf(quietedKey));
  const isRestored = events.some(({ id }) => id === idOf(restoredKey));
  return { quieted: found ? alarmsOf(found) : null, isRestored };
}

function alarmsOf({ data }: ReleaseEvent): string[] {
  return Array.isArray(data.alarms) ? data.alarms.map(String) : [];
}

function actionsOf(document: ReleaseDocument, ports: Ports): AlarmActions | null {
  if (!document.plan || informationalOf(document).length === 0) return null;
  return ports.adapters.signal(document.plan.signals, document.service).actions ?? null;
}

/** Never one that is critical, wherever else it is named. */
function informationalOf(document: ReleaseDocument): string[] {
  const names = planOf(document).watch.informationalAlarms ?? [];
  return names.filter((name) => isInformational({ name }, document));
}
