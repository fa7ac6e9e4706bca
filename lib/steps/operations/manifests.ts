import type { ManifestRecord } from '../../ledger/ledger.ts';
import { isoTime } from '../../release/clock.ts';
import { messageOf, VerdigrisError } from '../../release/errors.ts';
import type { Issue } from '../../release/issues.ts';
import type { JsonObject } from '../../release/json.ts';
import type { Manifest } from '../../release/manifest.ts';
import type { Ports } from '../ports.ts';

/**
 * The manifest of a service as it is now.
 * @throws ServiceUnknownError naming the known ones.
 * @throws ManifestInvalidError when it was valid once and no longer is.
 */
export async function manifestOf(service: string, ports: Ports): Promise<Manifest> {
  return ports.adapters.parseManifest((await storedManifestOf(service, ports)).source);
}

/**
 * The same as it was applied, which may no longer be valid: that keeps nobody from a rollback.
 * @throws ServiceUnknownError naming the known ones.
 */
export async function storedManifestOf(service: string, ports: Ports): Promise<ManifestRecord> {
  const found = await ports.ledger.getManifest(service);
  if (found) return found;
  const known = (await ports.ledger.listManifests()).map((it) => it.service);
  throw new VerdigrisError(
    'ServiceUnknownError',
    `service "${service}" has no manifest; known are: ${known.join(', ') || 'none yet'}. Apply one with: verdigris apply FILE`,
  );
}

/** Every manifest that can be read: one that cannot must not keep what comes in from the others. */
export async function validManifests(ports: Ports): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const { service, source } of await ports.ledger.listManifests()) {
    try {
      manifests.push(await ports.adapters.parseManifest(source));
    } catch (error) {
      const lost = 'artifacts and alerts do not reach its service';
      const reason = messageOf(error);
      ports.log.error(`a manifest is no longer valid; ${lost}`, { service, reason });
    }
  }
  return manifests;
}

/** @throws whatever speaks against applying this manifest. */
async function assertApplicable(service: string, source: JsonObject, ports: Ports): Promise<void> {
  const manifest = await ports.adapters.parseManifest(source);
  if (manifest.service !== service) {
    throw new VerdigrisError(
      'RequestInvalidError',
      `service: the manifest is for "${manifest.service}", the request for "${service}"`,
    );
  }
  // A kind that only another platform has is of no use here, whatever else is right about it.
  await ports.adapters.router(manifest.router, service);
  await ports.adapters.environment(manifest.environment, service);
}

/** What speaks against applying a manifest, without applying it. See `Operations.validateManifest`. */
export async function validateManifest(
  service: string,
  source: JsonObject,
  ports: Ports,
): Promise<Issue[]> {
  try {
    await assertApplicable(service, source, ports);
    return [];
  } catch (error) {
    if (!(error instanceof VerdigrisError) || error.isRetryable) throw error;
    const { issues } = error.details;
    return Array.isArray(issues) ? issues : [{ path: '', reason: error.message }];
  }
}

/** Stores a manifest. See `Operations.applyManifest`. */
export async function applyManifest(service: string, source: JsonObject, by: string, ports: Ports) {
  await assertApplicable(service, source, ports);
  const at = isoTime(ports.clock.now());
  const stored = await ports.ledger.putManifest(service, source, by, at);
  await ports.ledger.appendEvent({
    id: `${service}#manifest-${stored.revision}`,
    type: 'Manifest Applied',
    releaseId: null,
    service,
    at,
    by,
    summary: `manifest of ${service}, revision ${stored.revision}`,
    data: {},
  });
  return stored;
}
