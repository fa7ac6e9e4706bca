import type { z } from 'zod';
import type { Permission } from '../release/access.ts';
import type { ErrorName } from '../release/errors.ts';
import type { AnswerName } from './answer-names.ts';
import type { Principal } from './authenticate.ts';
import type { Operations } from './operations.ts';

/** What this conductor has besides the API, for those who would use it. */
export interface Offers {
  /** Changes as they happen, `GET /api/stream`. */
  stream: boolean;
}

/** A request that was let in, with what its route's schemas made of it. */
export interface Call<Body, Query> {
  /** The parts of the path that the route names. */
  params: Readonly<Record<string, string>>;
  body: Body;
  query: Query;
  principal: Principal;
  operations: Operations;
  offers: Offers;
  /** Whether the caller may do that too; null asks for what concerns all services. */
  can(permission: Permission, service: string | null): boolean;
}

/** A success. */
export interface Answer {
  /** 200 if absent. */
  status?: 200 | 201 | 202;
  body: unknown;
  headers?: Record<string, string>;
}

/**
 * Whom a route is for: people with a permission for the service that `of` finds (null: for all of
 * them), or for `some` service, where the handler shows what they may see.
 */
export interface Access<Body, Query> {
  permission: Permission;
  of: 'some' | ((call: Call<Body, Query>) => string | null | Promise<string | null>);
}

/**
 * One route of the API: the only place that says what it takes, who may call it and what it answers.
 * The application validates and authorizes by it, and the OpenAPI document is written from it.
 */
export interface Route<Body extends z.ZodType = z.ZodType, Query extends z.ZodType = z.ZodType> {
  method: 'get' | 'post' | 'put' | 'delete';
  /** Begins with `/api/`; parts in braces are parameters: `/api/releases/{id}`. */
  path: string;
  /** Unique; the name of the operation in the OpenAPI document. */
  id: string;
  /** What it does, in one line. */
  summary: string;
  access: Access<z.output<Body>, z.output<Query>>;
  /** An absent body is an empty object. No body is read where there is no schema. */
  body?: Body;
  query?: Query;
  /** What a success looks like, and its status (200 if absent). */
  answer: AnswerName;
  status?: 201 | 202;
  /** Headers that a success of this route has besides the body, and what they say. */
  headers?: Readonly<Record<string, string>>;
  /** Errors of its own, besides those that every route may give. */
  errors?: readonly ErrorName[];
  handle(call: Call<z.output<Body>, z.output<Query>>): Promise<Answer>;
}

/** A route with its types taken off, for lists of routes. */
// biome-ignore lint/suspicious/noExplicitAny: a list holds routes of every body.
export type AnyRoute = Route<any, any>;

/** Checks a route's types against its schemas. */
export function defineRoute<Body extends z.ZodType, Query extends z.ZodType>(
  route: Route<Body, Query>,
): AnyRoute {
  return route;
}
