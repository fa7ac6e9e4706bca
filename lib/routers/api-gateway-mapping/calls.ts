import type { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import type { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { isCalled, meaningOf, missingAction } from '../../aws/sdk-errors.ts';
import { type ErrorName, messageOf, VerdigrisError } from '../../release/errors.ts';

/** The one call of the client for REST APIs (apigateway, version 1). */
export type RestApis = Pick<APIGatewayClient, 'send'>;
/** The one call of the client for HTTP and WebSocket APIs and regional domains (apigatewayv2). */
export type HttpApis = Pick<ApiGatewayV2Client, 'send'>;

/** Both control planes: a custom domain may lead to the APIs of either. */
export interface Gateways {
  rest: RestApis;
  http: HttpApis;
}

/** @throws one of ours, see {@link toOurs}. */
export async function ask<T>(operation: string, what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toOurs(error, operation, what);
  }
}

/** The same, and null for what is not there. */
export async function askFor<T>(
  operation: string,
  what: string,
  call: () => Promise<T>,
): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (isCalled(error, 'NotFoundException')) return null;
    throw toOurs(error, operation, what);
  }
}

/** IAM's actions of API Gateway are the verbs of HTTP (list_amazonapigatewaymanagement). */
const verbs = [
  ['Get', 'GET'],
  ['Create', 'POST'],
  ['Update', 'PATCH'],
] as const;

/**
 * The SDK's error as one of ours; ours are left as they are. Names: "Errors" of each operation in
 * apigateway/latest/api and apigatewayv2/latest/api-reference. LimitExceededException is a rate there.
 * @param what What it was done to, for instance `api.shop.example/v1`.
 */
export function toOurs(cause: unknown, operation: string, what: string): VerdigrisError {
  if (cause instanceof VerdigrisError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const said = `${operation} of ${what}: ${name}: ${messageOf(cause)}`;
  const [error, message] = explain(cause, operation, said);
  return new VerdigrisError(error, message, { cause });
}

function explain(cause: unknown, operation: string, said: string): [ErrorName, string] {
  const meaning = meaningOf(cause);
  if (meaning === 'throttled' || isCalled(cause, 'LimitExceededException')) {
    return ['ThrottledError', `API Gateway asks for patience: ${said}`];
  }
  if (meaning === 'denied' || isCalled(cause, 'UnauthorizedException')) {
    const verb = verbs.find(([start]) => operation.startsWith(start))?.[1] ?? 'GET';
    const action = missingAction(cause, `apigateway:${verb}`);
    return [
      'ConfigInvalidError',
      `API Gateway refuses: ${said}; allow ${action} to the role of this function`,
    ];
  }
  if (isCalled(cause, 'BadRequestException', 'NotFoundException', 'UnprocessableEntityException')) {
    return ['RequestInvalidError', `API Gateway refuses: ${said}`];
  }
  if (isCalled(cause, 'AbortError')) {
    return [
      'RouterUnavailableError',
      `${said}: no answer before the lease ended; read the route to see whether it was changed`,
    ];
  }
  // Also ConflictException, which an update has when another one is under way.
  return ['RouterUnavailableError', `API Gateway does not answer: ${said}`];
}
