/** Whoever made a request. */
export interface Principal {
  /** The name that events carry. */
  actor: string;
}

/**
 * Finds out who made a request from its headers (names in lower case; undefined when absent). Null
 * refuses it. Must not throw for anything that a client can send.
 */
export type Authenticate = (
  header: (name: string) => string | undefined,
) => Principal | null | Promise<Principal | null>;
