import type { Clock, Timers } from '../release/clock.ts';
import type { AdapterConfig } from '../release/json.ts';
import { findKind, localOnly } from '../release/kind.ts';
import type { Logger } from '../release/logger.ts';
import type { KindSchema } from '../release/manifest.ts';
import { albListenerKind, type LoadBalancersApi } from './alb-listener.ts';
import { apiGatewayMappingKind, type HttpApis, type RestApis } from './api-gateway-mapping.ts';
import {
  type CloudFrontApi,
  cloudFrontOriginKind,
  type KeyValueStoreApi,
} from './cloudfront-origin.ts';
import { createCompositeKind } from './composite.ts';
import { type LambdaApi, lambdaAliasKind } from './lambda-alias.ts';
import type { LocalProxy } from './local-proxy/proxy.ts';
import { createLocalProxyRouter, localProxyKind } from './local-proxy.ts';
import { type Route53Api, route53RecordsKind } from './route53-records.ts';
import type { Router } from './router.ts';

/** What routers are made of. What only one platform has is absent on the others. */
export interface RouterDeps {
  clock: Clock;
  timers: Timers;
  log: Logger;
  /** The proxy of this machine; the local platform has one. */
  localProxy?: LocalProxy;
  /** Lambda's client; only AWS has one. */
  lambda?: LambdaApi;
  /** API Gateway's client for REST APIs; only AWS has one. */
  restApis?: RestApis;
  /** API Gateway's client for HTTP and WebSocket APIs and regional domains; only AWS has one. */
  httpApis?: HttpApis;
  /** CloudFront's client; only AWS has one. */
  cloudFront?: CloudFrontApi;
  /** The client of its key value stores; only AWS has one. */
  keyValueStore?: KeyValueStoreApi;
  /** Elastic Load Balancing's client; only AWS has one. */
  loadBalancers?: LoadBalancersApi;
  /** Route 53's client; only AWS has one. */
  route53?: Route53Api;
}

/** A kind of router: its part of the manifest, and how to make one. */
export interface RouterKind extends KindSchema {
  /** @throws KindUnavailableError when this platform lacks what it needs. */
  create(config: AdapterConfig, service: string, deps: RouterDeps): Router | Promise<Router>;
}

/** Every kind of router with one door. */
const simpleKinds: readonly RouterKind[] = [
  {
    ...localProxyKind,
    create(config, service, { localProxy }) {
      if (!localProxy) throw localOnly('router', config.kind, service);
      return createLocalProxyRouter(config, service, localProxy);
    },
  },
  lambdaAliasKind,
  apiGatewayMappingKind,
  cloudFrontOriginKind,
  albListenerKind,
  route53RecordsKind,
];

/** Every kind of router. */
export const routerKinds: readonly RouterKind[] = [
  ...simpleKinds,
  createCompositeKind(simpleKinds, createRouter),
];

/**
 * The router of a service, from its part of the manifest.
 * @throws KindUnavailableError when there is no such kind, or not on this platform.
 */
export async function createRouter(
  config: AdapterConfig,
  service: string,
  deps: RouterDeps,
): Promise<Router> {
  return findKind('router', config, routerKinds).create(config, service, deps);
}
