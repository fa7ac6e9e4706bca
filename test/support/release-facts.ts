import type { ReleaseFacts } from '../../lib/notifiers/notifier.ts';

/** What a notifier is told of a release of `shop`, with what differs. */
export function releaseFacts(differs: Partial<ReleaseFacts> = {}): ReleaseFacts {
  return {
    releaseId: 'r1',
    service: 'shop',
    owner: 'team-web',
    artifact: { uri: 's3://artifacts/shop/v2.zip', version: 'v2', digest: null },
    requestedBy: 'ada',
    blue: { id: 'shop-1', version: 'v1' },
    green: { id: 'shop-2', version: 'v2' },
    ...differs,
  };
}
