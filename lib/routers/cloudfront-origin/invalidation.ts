import { CreateInvalidationCommand, GetInvalidationCommand } from '@aws-sdk/client-cloudfront';
import { isCalled } from '../../aws/sdk-errors.ts';
import type { CloudFrontApi } from './clients.ts';
import { digest } from './conditional.ts';
import { toOurs } from './errors.ts';

/** Takes what edge locations have cached out of them. */
export interface Invalidations {
  /**
   * Whether what was cached before this change of the route is gone. Asks for it the first time, and only
   * then: CloudFront answers the same caller reference with the invalidation that it has already
   * (API_InvalidationBatch).
   */
  isDone(change: string): Promise<boolean>;
}

/** @param paths None asks for nothing, and everything is done. */
export function createInvalidations(
  distributionId: string | undefined,
  paths: readonly string[],
  cloudFront: () => CloudFrontApi,
): Invalidations {
  const subject = `distribution ${distributionId}`;
  const call = (operation: string) => ({ service: 'cloudfront', operation, subject });

  async function ask(change: string) {
    const batch = {
      CallerReference: `verdigris-${change}-${digest(paths)}`,
      Paths: { Quantity: paths.length, Items: [...paths] },
    };
    try {
      const command = { DistributionId: distributionId, InvalidationBatch: batch };
      return (await cloudFront().send(new CreateInvalidationCommand(command))).Invalidation;
    } catch (error) {
      // So many are under way that this one has to wait for its turn.
      if (isCalled(error, 'TooManyInvalidationsInProgress')) return undefined;
      throw toOurs(error, call('CreateInvalidation'));
    }
  }

  async function look(Id: string | undefined) {
    try {
      const command = new GetInvalidationCommand({ DistributionId: distributionId, Id });
      return (await cloudFront().send(command)).Invalidation?.Status;
    } catch (error) {
      throw toOurs(error, call('GetInvalidation'));
    }
  }

  return {
    async isDone(change) {
      if (paths.length === 0) return true;
      const asked = await ask(change);
      if (!asked) return false;
      // What was asked for before may be answered as it was then.
      return isCompleted(asked.Status) || isCompleted(await look(asked.Id));
    },
  };
}

function isCompleted(status: string | undefined): boolean {
  return status === 'Completed';
}
