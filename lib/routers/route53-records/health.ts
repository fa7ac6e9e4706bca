import { GetHealthCheckStatusCommand } from '@aws-sdk/client-route-53';
import { isCalled } from '../../aws/sdk-errors.ts';
import { VerdigrisError } from '../../release/errors.ts';
import { toOurs } from './errors.ts';
import type { Route53Api } from './zone.ts';

/**
 * "If more than 18% of health checkers report that an endpoint is healthy, Route 53 considers it healthy"
 * (dns-failover-determining-health-of-endpoints).
 */
const healthyShare = 0.18;

/**
 * Why Route 53 takes what a health check watches for unhealthy; null where it does not.
 * @throws RouteUnreadyError for a check whose status the API does not tell: "You can't use
 * GetHealthCheckStatus to get the status of a calculated health check."
 * @throws ThrottledError, RouterUnavailableError, ConfigInvalidError
 */
export async function findIllness(api: Route53Api, healthCheckId: string): Promise<string | null> {
  const reports = await statusReports(api, healthCheckId);
  if (reports.length === 0) return `no health checker has reported on ${healthCheckId} yet`;
  const well = reports.filter((report) => report.startsWith('Success')).length;
  if (well / reports.length > healthyShare) return null;
  const complaint = reports.find((report) => !report.startsWith('Success'));
  return `health check ${healthCheckId} has ${well} of ${reports.length} checkers content (${complaint})`;
}

async function statusReports(api: Route53Api, HealthCheckId: string): Promise<string[]> {
  try {
    const status = await api.send(new GetHealthCheckStatusCommand({ HealthCheckId }));
    const observations = status.HealthCheckObservations ?? [];
    return observations.map(({ StatusReport }) => StatusReport?.Status ?? '');
  } catch (error) {
    if (!isCalled(error, 'InvalidInput')) {
      throw toOurs(error, 'GetHealthCheckStatus', HealthCheckId);
    }
    throw new VerdigrisError(
      'RouteUnreadyError',
      `Route 53 does not tell how health check ${HealthCheckId} stands, as for calculated ones: watch it with an alarm, and say healthChecks: none`,
      { cause: error },
    );
  }
}
