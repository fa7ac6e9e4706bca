import type { Machine } from '../../engine/engine.ts';
import type { ReleaseRecord } from '../../ledger/ledger.ts';
import type { ReleaseDocument } from '../../release/document.ts';
import type { Ports } from '../ports.ts';

/** Whether any execution still works on this release. */
export async function hasRunningExecution(found: ReleaseRecord, ports: Ports): Promise<boolean> {
  for (const [machine, name] of executionsOf(found.document)) {
    if ((await ports.engine.describe(machine, name))?.status === 'running') return true;
  }
  return false;
}

/** The document of a release for which another execution is about to start. */
export function forNextExecution(document: ReleaseDocument): ReleaseDocument {
  return { ...document, executionEpoch: document.epoch };
}

/** Every execution that may work on a release now: machine and name. */
export function executionsOf(document: ReleaseDocument): (readonly [Machine, string])[] {
  return [
    ['release', document.releaseId],
    ['release', resumeName(document)],
    ['rollback', rollbackName(document)],
  ];
}

/** The execution that rolls a release back, of those that were started last. */
export function rollbackName({ releaseId, epoch, executionEpoch }: ReleaseDocument): string {
  return `${releaseId}-rollback-${executionEpoch ?? epoch}`;
}

/** The execution in which a held release goes on, of those that were started last. */
export function resumeName({ releaseId, epoch, executionEpoch }: ReleaseDocument): string {
  return `${releaseId}-resume-${executionEpoch ?? epoch}`;
}

/** The release that an execution's name belongs to. */
export function releaseIdOfExecution(name: string): string {
  return name.replace(/-(?:rollback|resume)-\d+$/, '');
}
