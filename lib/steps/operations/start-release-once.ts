import { VerdigrisError } from '../../release/errors.ts';
import type { Ports } from '../ports.ts';
import { digestOf } from './digest.ts';
import { type ReleaseRequest, startReleaseAs } from './start-release.ts';

/** Starts a release at most once for a key. See `Operations.startReleaseOnce`. */
export async function startReleaseOnce(
  key: string,
  request: ReleaseRequest,
  ports: Ports,
): Promise<{ releaseId: string }> {
  const { service } = request;
  const releaseId = `${service}-${await digestOf(`${service} ${key}`, 16)}`;
  await startReleaseAs(releaseId, request, ports);
  const record = await ports.ledger.getRelease(releaseId);
  if (record?.outcome !== 'refused') return { releaseId };
  throw new VerdigrisError('ReleaseStateError', `${releaseId} was refused: ${record.reason}`, {
    details: { releaseId },
  });
}
