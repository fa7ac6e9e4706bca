import type { Grant } from '../release/access.ts';

/** Whoever made a request. */
export interface Principal {
  /** The name that events and approvals carry. */
  actor: string;
  /** How they showed who they are. */
  via: 'shared-token' | 'api-token' | 'session' | 'oidc' | 'aws';
  grants: readonly Grant[];
  /** Of a browser that has signed in. */
  session?: Session;
}

/** A browser that has signed in. */
export interface Session {
  with: 'shared-token' | 'api-token' | 'oidc';
  /** ISO 8601. */
  expiresAt: string;
}

/** What a request says about who makes it. */
export interface AuthRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** By its name in lower case; undefined when absent. */
  header(name: string): string | undefined;
  /** The AWS caller whose signature API Gateway has checked, or null. */
  awsCaller: AwsCaller | null;
  /** IP address, or null where it is unknown. */
  remoteAddress: string | null;
}

/** A caller as API Gateway's IAM authorizer tells of them. */
export interface AwsCaller {
  /** ARN of a user or of an assumed role's session. */
  userArn: string;
  accountId: string;
}

/**
 * Finds out who made a request. Null refuses it. Must not throw for anything that a client can send,
 * but RateLimitedError, and what is worth a repetition (SecretUnavailableError, ThrottledError,
 * LedgerUnavailableError).
 */
export type Authenticate = (request: AuthRequest) => Principal | null | Promise<Principal | null>;
