import type { IncidentNote } from '../../release/incident.ts';
import type { Ports } from '../ports.ts';
import { record } from '../record.ts';
import { findRelease } from './status.ts';

/** Writes down what people do about an incident. See `Operations.noteIncident`. */
export async function noteIncident(
  releaseId: string,
  { key, url, ...told }: IncidentNote,
  ports: Ports,
): Promise<void> {
  const { document } = await findRelease(releaseId, ports.ledger);
  await record(document, ports, { ...told, key: `incident-${key}`, data: url ? { url } : {} });
}
