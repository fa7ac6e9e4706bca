import { checkKinds } from '../checks/index.ts';
import { environmentKinds } from '../environments/index.ts';
import { webhookKinds } from '../http/webhooks/index.ts';
import { notifierKinds } from '../notifiers/index.ts';
import type { ManifestKinds } from '../release/manifest.ts';
import { routerKinds } from '../routers/index.ts';
import { metricKinds, signalKinds } from '../signals/index.ts';

/** Every kind that a manifest may name, from the registries. */
export const manifestKinds: ManifestKinds = {
  environment: environmentKinds,
  router: routerKinds,
  check: checkKinds,
  signals: signalKinds,
  metrics: metricKinds,
  notifier: notifierKinds,
  webhook: webhookKinds,
};
