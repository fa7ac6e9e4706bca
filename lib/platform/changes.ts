import type { Change, Changes } from '../http/changes.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Timers } from '../release/clock.ts';

/** Changes, and how to tell of one. */
export interface LocalChanges extends Changes {
  publish(change: Change): void;
}

/** Tells every listener in this process. A listener must not throw. */
export function createChanges(timers: Timers): LocalChanges {
  const listeners = new Set<(change: Change) => void>();
  return {
    timers,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    publish(change) {
      for (const listener of listeners) listener(change);
    },
  };
}

/**
 * A ledger that tells of what was written, once it is: every change that people see goes through it.
 * What only the conductor itself looks at (intents, watches, receipts) is not told.
 */
export function tellingLedger(ledger: Ledger, { publish }: LocalChanges): Ledger {
  const tell = (service: string, releaseId: string | null = null) =>
    publish({ service: service === '*' ? null : service, releaseId });
  const tellOf = async (releaseId: string) => {
    const found = await ledger.getRelease(releaseId);
    if (found) tell(found.service, releaseId);
  };
  return {
    ...ledger,
    putManifest: (service, ...rest) =>
      after(ledger.putManifest(service, ...rest), () => tell(service)),
    releaseLock: (service, releaseId) =>
      after(ledger.releaseLock(service, releaseId), () => tell(service, releaseId)),
    createRelease: (record) =>
      after(ledger.createRelease(record), () => tell(record.service, record.releaseId)),
    saveDocument: (document) =>
      after(ledger.saveDocument(document), () => tell(document.service, document.releaseId)),
    endRelease: (releaseId, ...rest) =>
      after(ledger.endRelease(releaseId, ...rest), ({ record }) => tell(record.service, releaseId)),
    reopenRelease: (releaseId, ...rest) =>
      after(ledger.reopenRelease(releaseId, ...rest), ({ service }) => tell(service, releaseId)),
    appendEvent: (event) =>
      after(ledger.appendEvent(event), () => tell(event.service, event.releaseId)),
    recordBreach: (releaseId, breach) =>
      after(ledger.recordBreach(releaseId, breach), () => tellOf(releaseId)),
    openApproval: (approval) =>
      after(ledger.openApproval(approval), () => tellOf(approval.releaseId)),
    recordDecision: (releaseId, decision) =>
      after(ledger.recordDecision(releaseId, decision), () => tellOf(releaseId)),
    putFreeze: (freeze) => after(ledger.putFreeze(freeze), () => tell(freeze.scope)),
    addFreeze: (freeze) => after(ledger.addFreeze(freeze), () => tell(freeze.scope)),
    deleteFreeze: (scope, by) => after(ledger.deleteFreeze(scope, by), () => tell(scope)),
  };
}

/** What could not be told changes nothing about what was written; a page looks by itself now and then. */
async function after<T>(write: Promise<T>, tell: (written: T) => unknown): Promise<T> {
  const written = await write;
  try {
    await tell(written);
  } catch {}
  return written;
}
