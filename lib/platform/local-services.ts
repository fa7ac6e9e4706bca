import { requireArtifact } from '../environments/process/artifact.ts';
import { isNamed, messageOf } from '../release/errors.ts';
import type { Logger } from '../release/logger.ts';
import type { Manifest } from '../release/manifest.ts';
import { localProxyBinding } from '../routers/local-proxy.ts';
import { alarmDefinitions } from '../signals/local-alarms.ts';
import type { createOperations } from '../steps/operations/index.ts';
import { manifestOf } from '../steps/operations/manifests.ts';
import type { Ports } from '../steps/ports.ts';
import type { LocalConfig } from './local-config.ts';
import type { LocalParts } from './local-parts.ts';

/** A port that was lost meanwhile is asked for again, or another one, when the manifests are read. */
export async function loadRoutes({ proxy }: LocalParts, log: Logger): Promise<void> {
  try {
    await proxy.load();
  } catch (error) {
    if (!isNamed(error, 'PortInUseError')) throw error;
    log.warn(messageOf(error));
  }
}

/** One that an older Verdigris took and this one does not must not keep the others from running. */
async function validManifests({ ledger, adapters, log }: Ports): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const { service, source } of await ledger.listManifests()) {
    try {
      manifests.push(await adapters.parseManifest(source));
    } catch (error) {
      log.error(`the manifest of ${service} is no longer valid`, { reason: messageOf(error) });
    }
  }
  return manifests;
}

/** Opens the ports and defines the alarms of every service that is known. */
export async function prepareServices(ports: Ports, parts: LocalParts): Promise<void> {
  for (const manifest of await validManifests(ports)) {
    await openPort(manifest, parts);
    defineAlarmsOf(manifest.service, manifest, parts);
  }
}

/** A port that cannot be had is told when the manifest is applied, not in the middle of a release. */
async function openPort({ service, router }: Manifest, { proxy }: LocalParts): Promise<void> {
  if (router.kind === 'local-proxy') await proxy.bind(service, localProxyBinding(router));
}

/** The platform evaluates alarms all the time, so that it knows what fired before a release. */
function defineAlarmsOf(service: string, { signals }: Manifest, { alarms }: LocalParts): void {
  const isLocal = signals?.kind === 'local-alarms';
  alarms.define(service, isLocal ? alarmDefinitions(signals) : {});
}

type Operations = ReturnType<typeof createOperations>;

/** Applies a manifest, with its port open before and its alarms defined after. */
export function applyAndPrepare(
  operations: Operations,
  ports: Ports,
  parts: LocalParts,
): Operations['applyManifest'] {
  return async (service, source, by) => {
    const manifest = await ports.adapters.parseManifest(source);
    if (manifest.service === service) await openPort(manifest, parts);
    const stored = await operations.applyManifest(service, source, by);
    defineAlarmsOf(service, manifest, parts);
    return stored;
  };
}

/** An artifact that is not there is told to whoever asks, instead of a release that is discarded. */
export function lookAndStart(
  operations: Operations,
  ports: Ports,
  { baseDirectory }: LocalConfig,
): Operations['startRelease'] {
  return async (request) => {
    await lookForArtifact(request, ports, baseDirectory);
    return operations.startRelease(request);
  };
}

/** The same for what may be asked for more than once. */
export function lookAndStartOnce(
  operations: Operations,
  ports: Ports,
  { baseDirectory }: LocalConfig,
): Operations['startReleaseOnce'] {
  return async (key, request) => {
    await lookForArtifact(request, ports, baseDirectory);
    return operations.startReleaseOnce(key, request);
  };
}

async function lookForArtifact(
  { service, artifact }: Parameters<Operations['startRelease']>[0],
  ports: Ports,
  baseDirectory: string,
): Promise<void> {
  const { environment } = await manifestOf(service, ports);
  if (environment.kind === 'process') await requireArtifact(artifact, baseDirectory);
}

/** Of every service that has a port, `http://address:port`. */
export async function serviceAddresses(ports: Ports): Promise<Record<string, string>> {
  const manifests = await validManifests(ports);
  const addresses = manifests.flatMap(({ service, router }) => {
    if (router.kind !== 'local-proxy') return [];
    const host = router.host ?? router.address ?? '127.0.0.1';
    return [[service, `http://${host}:${router.port}`]];
  });
  return Object.fromEntries(addresses);
}
