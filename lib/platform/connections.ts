import type { Connection } from '../http/connection.ts';

/** The route on which API Gateway checks the signature of an AWS caller; see serverless.yml. */
export const awsRouteKey = 'ANY /aws/{proxy+}';

/** What a request of API Gateway says of itself that a client cannot; the rest is not used here. */
export interface GatewayEvent {
  rawPath: string;
  routeKey?: string;
  requestContext?: {
    http?: { sourceIp?: string };
    authorizer?: { iam?: { userArn?: string | null; accountId?: string | null } | null };
  };
}

/**
 * Where a request to Lambda comes from. An AWS caller is believed on the one route that has the IAM
 * authorizer, and from the request context only, which API Gateway makes
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export function gatewayConnection(platform: unknown): Connection {
  const { routeKey, requestContext } = (platform as { event: GatewayEvent }).event;
  const { userArn, accountId } = requestContext?.authorizer?.iam ?? {};
  const isChecked = routeKey === awsRouteKey && userArn && accountId;
  return {
    remoteAddress: requestContext?.http?.sourceIp ?? null,
    awsCaller: isChecked ? { userArn, accountId } : null,
  };
}

/** The same request without the prefix of the AWS route: what is behind it is the API, and nothing else. */
export function withoutAwsPrefix<Event extends GatewayEvent>(event: Event): Event {
  const rest = event.rawPath.slice('/aws'.length);
  const isApi = event.routeKey === awsRouteKey && rest.startsWith('/api/');
  return isApi ? { ...event, rawPath: rest } : event;
}

/** Where a request to this machine comes from, as `@hono/node-server` gives it. */
export function socketConnection(platform: unknown): Connection {
  const { incoming } = platform as { incoming?: { socket?: { remoteAddress?: string } } };
  return { remoteAddress: incoming?.socket?.remoteAddress ?? null, awsCaller: null };
}
