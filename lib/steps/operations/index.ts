import type { CheckRequest } from '../../release/check-run.ts';
import type { IncidentNote } from '../../release/incident.ts';
import type { Ports } from '../ports.ts';
import { decideApproval } from './decide-approval.ts';
import { freeze, unfreeze } from './freezes.ts';
import { listServices } from './list-services.ts';
import { applyManifest, storedManifestOf, validateManifest } from './manifests.ts';
import type { AlertReport } from './report-alerts.ts';
import { resumeRelease } from './resume-release.ts';
import { rollbackRelease, rollbackService } from './rollback-release.ts';
import { startRelease } from './start-release.ts';
import { startReleaseOnce } from './start-release-once.ts';
import { findRelease, getRelease } from './status.ts';
import type { TokenRequest } from './tokens.ts';
import { createWebhookList } from './webhooks.ts';

/**
 * What people and programs can ask of the conductor: fits `Operations` of lib/http/operations.ts. What
 * only the doctor or an approver needs is loaded when they ask.
 */
export function createOperations(ports: Ports) {
  return {
    applyManifest: (service: string, source: Parameters<typeof applyManifest>[1], by: string) =>
      applyManifest(service, source, by, ports),
    getManifest: (service: string) => storedManifestOf(service, ports),
    validateManifest: (service: string, source: Parameters<typeof applyManifest>[1]) =>
      validateManifest(service, source, ports),
    listServices: () => listServices(ports),
    async listChecks(service: string) {
      const { listChecks } = await import('./list-checks.ts');
      return listChecks(service, ports);
    },
    async runCheck(request: CheckRequest) {
      const { runServiceCheck } = await import('./run-service-check.ts');
      return runServiceCheck(request, ports, { remainingMs: () => Number.POSITIVE_INFINITY });
    },
    startRelease: (request: Parameters<typeof startRelease>[0]) => startRelease(request, ports),
    startReleaseOnce: (key: string, request: Parameters<typeof startRelease>[0]) =>
      startReleaseOnce(key, request, ports),
    listWebhooks: createWebhookList(ports),
    async reportAlerts(report: AlertReport) {
      const { reportAlerts } = await import('./report-alerts.ts');
      return reportAlerts(report, ports);
    },
    async noteIncident(releaseId: string, note: IncidentNote) {
      const { noteIncident } = await import('./note-incident.ts');
      return noteIncident(releaseId, note, ports);
    },
    serviceOf: async (releaseId: string) => (await findRelease(releaseId, ports.ledger)).service,
    getRelease: (releaseId: string) => getRelease(releaseId, ports),
    async review(releaseId: string, by: string) {
      const { review } = await import('./review.ts');
      return review(releaseId, by, ports);
    },
    listReleases: (query: { service?: string; limit: number }) => ports.ledger.listReleases(query),
    approve: (releaseId: string, by: string, reason: string | null) =>
      decideApproval(releaseId, 'approve', by, reason, ports),
    reject: (releaseId: string, by: string, reason: string | null) =>
      decideApproval(releaseId, 'reject', by, reason, ports),
    rollback: (releaseId: string, by: string, reason: string | null) =>
      rollbackRelease(releaseId, by, reason, ports),
    rollbackService: (service: string, by: string, reason: string | null) =>
      rollbackService(service, by, reason, ports),
    async hold(releaseId: string, by: string, reason: string | null) {
      const { holdRelease } = await import('./hold-release.ts');
      return holdRelease(releaseId, by, reason, ports);
    },
    resume: (
      releaseId: string,
      decision: 'continue' | 'rollback',
      by: string,
      reason: string | null,
    ) => resumeRelease(releaseId, decision, by, reason, ports),
    async measureRelease(releaseId: string) {
      const { measureRelease } = await import('./measure-release.ts');
      return measureRelease(releaseId, ports);
    },
    async diagnose(service: string) {
      const { diagnose } = await import('./diagnose.ts');
      return diagnose(service, ports);
    },
    async repair(service: string, by: string) {
      const { repair } = await import('./repair.ts');
      return repair(service, by, ports);
    },
    freeze: (scope: string, reason: string, by: string) => freeze(scope, reason, by, ports),
    unfreeze: (scope: string, by: string) => unfreeze(scope, by, ports),
    listFreezes: () => ports.ledger.listFreezes(),
    async createToken(request: TokenRequest, by: string) {
      const { createToken } = await import('./tokens.ts');
      return createToken(request, by, ports);
    },
    listTokens: () => ports.ledger.listTokens(),
    async revokeToken(id: string, by: string) {
      const { revokeToken } = await import('./tokens.ts');
      return revokeToken(id, by, ports);
    },
  };
}
