import type { AdapterConfig } from '../../release/json.ts';
import type { Router } from '../router.ts';
import type { CloudFrontDeps } from './clients.ts';
import { createKeyValueRouter } from './key-value-mode.ts';
import { createOriginRouter } from './origin-mode.ts';
import { cloudFrontOriginSchema } from './schema.ts';

/** A router in the mode that the manifest's part asks for, as it was written. */
export function createCloudFrontOriginRouter(
  config: AdapterConfig,
  service: string,
  deps: CloudFrontDeps,
): Router {
  const {
    mode,
    distributionId,
    keyValueStoreArn,
    key = service,
    ...rest
  } = cloudFrontOriginSchema.parse(config);
  return mode === 'origin'
    ? createOriginRouter({ ...rest, distributionId: distributionId ?? '' }, deps)
    : createKeyValueRouter(
        { ...rest, distributionId, key, keyValueStoreArn: keyValueStoreArn ?? '' },
        deps,
      );
}
