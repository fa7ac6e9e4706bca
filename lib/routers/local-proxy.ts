import { z } from 'zod';
import type { AdapterConfig } from '../release/json.ts';
import type { KindSchema } from '../release/manifest.ts';
import { duration } from '../release/quantities.ts';
import type { Binding, LocalProxy } from './local-proxy/proxy.ts';
import { parseAddress } from './local-proxy/side.ts';
import { hasSameWeights, planRoute } from './route-plan.ts';
import type { Router, RouterFacts } from './router.ts';

/** `router: { kind: local-proxy, port: 8080 }` of a manifest. */
export const localProxySchema = z.strictObject({
  kind: z.literal('local-proxy'),
  port: z.int().min(1).max(65_535).describe('Port on which the service is reached'),
  host: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'needs a host name in lower case without port')
    .optional()
    .describe('Only requests for this host; services may then share the port'),
  address: z
    .union([z.ipv4(), z.ipv6(), z.literal('localhost')], { error: 'needs an IP address' })
    .default('127.0.0.1')
    .describe('Address to listen on; 0.0.0.0 opens the service to the network'),
  drain: duration
    .prefault('10s')
    .describe('How long requests and sockets on an environment without weight may go on'),
  timeout: duration
    .refine((seconds) => seconds > 0, 'needs more than 0s')
    .prefault('30s')
    .describe('An environment that has not begun to answer by then is given up with 504'),
  sticky: z
    .strictObject({
      cookie: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'needs 1 to 64 of A-Z a-z 0-9 _ -')
        .describe('Name of the cookie that keeps a client on its environment'),
    })
    .optional()
    .describe('Keeps a client on one environment while that has weight'),
  preview: z
    .strictObject({
      header: z
        .string()
        .regex(
          /^x-(?!forwarded-|verdigris-)[a-z0-9-]{1,60}$/,
          'needs a header of your own in lower case, such as x-preview',
        )
        .describe('Name of the header; its value is the id of a ready environment'),
    })
    .optional()
    .describe('Lets a request with this header reach an environment, whatever the weights'),
  remember: z
    .strictObject({
      requests: z.int().min(1).max(1000).default(200).describe('So many of the last GET requests'),
      query: z
        .boolean()
        .default(false)
        .describe('Also those with a query, which may hold what users have typed'),
    })
    .optional()
    .describe('Keeps in memory which paths users ask for, for checks that replay them'),
});

/** The kind, for the manifest. */
export const localProxyKind: KindSchema = {
  kind: 'local-proxy',
  schema: localProxySchema,
  fits: {
    environments: ['process', 'prebuilt'],
    because: 'the proxy of this machine sends requests to an address',
  },
};

const facts: RouterFacts = {
  isAtomic: true,
  isConditional: true,
  supportsWeights: true,
  maxPropagationSeconds: 0,
};

/**
 * A router over the proxy of this machine. The service's port is opened by the first change.
 * `apply` also throws PortInUseError when the port cannot be had, and RequestInvalidError when an
 * environment with weight has no address; nothing is changed then.
 * @throws ZodError when `config` is not valid against {@link localProxySchema}.
 */
export function createLocalProxyRouter(
  config: AdapterConfig,
  service: string,
  proxy: LocalProxy,
): Router {
  const binding = localProxyBinding(config);
  return {
    facts,
    read: async () => proxy.read(service),
    plan(current, desired) {
      for (const { address } of desired.environments) if (address) parseAddress(address);
      return planRoute(current, desired, facts);
    },
    async apply({ from, to }, { deadlineMs }) {
      const addresses = to.environments.map(({ id, address }) => [id, address] as const);
      return proxy.change(service, binding, {
        expected: from,
        weights: to.weights,
        addresses: Object.fromEntries(addresses),
        deadlineMs,
      });
    },
    async verify({ weights }) {
      return hasSameWeights(proxy.read(service).weights, weights) ? 'converged' : 'pending';
    },
  };
}

/**
 * The manifest's part as the proxy wants it.
 * @throws ZodError when `config` is not valid against {@link localProxySchema}.
 */
export function localProxyBinding(config: AdapterConfig): Binding {
  const { address, port, host, drain, timeout, sticky, preview, remember } =
    localProxySchema.parse(config);
  return {
    address,
    port,
    host: host ?? null,
    drainSeconds: drain,
    timeoutSeconds: timeout,
    stickyCookie: sticky?.cookie ?? null,
    previewHeader: preview?.header ?? null,
    remember: remember ?? null,
  };
}
