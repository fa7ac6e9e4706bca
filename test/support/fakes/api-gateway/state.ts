import { sdkError } from '../sdk-client.ts';

/** A stage, as either control plane shows it in its own spelling. */
export interface FakeStage {
  deploymentId: string;
  variables: Record<string, string>;
  tags: Record<string, string>;
  canary: {
    deploymentId: string;
    percentTraffic: number;
    stageVariableOverrides?: Record<string, string>;
  } | null;
  /** How the last automatic deployment went. */
  message?: string;
}

/** An API of either control plane. */
export interface FakeApi {
  protocol: 'http' | 'rest';
  tags: Record<string, string>;
  stages: Map<string, FakeStage>;
  /** Descriptions by deployment id. */
  deployments: Map<string, string>;
}

/** A mapping of a path of a domain. */
export interface FakeMapping {
  id: string;
  apiId: string;
  stage: string;
}

/** A custom domain. */
export interface FakeDomain {
  endpoint: 'regional' | 'edge';
  status: string;
  routingMode: string;
  /** By path; empty for the whole domain. */
  mappings: Map<string, FakeMapping>;
}

/** Everything there is. */
export interface GatewayState {
  apis: Map<string, FakeApi>;
  domains: Map<string, FakeDomain>;
  /** Mappings in one page of GetApiMappings. */
  pageSize: number;
  /** So many reads after a write still show what was there before. */
  readonly lag: { reads: number };
  /** A resource as a read sees it. */
  seen<T>(key: string, now: T): T;
  /** Remembers a resource as it was before a write. */
  remember(key: string, before: unknown): void;
  findApi(protocol: FakeApi['protocol'], apiId: unknown): FakeApi;
  findStage(protocol: FakeApi['protocol'], apiId: unknown, stage: unknown): FakeStage;
  findDomain(domainName: unknown): FakeDomain;
  /** @throws what API Gateway says to a mapping to a stage that is not there. */
  throwIfNoTarget(apiId: unknown, stage: unknown, protocols: readonly FakeApi['protocol'][]): void;
}

/** What a test does by hand, past Verdigris. */
export interface GatewayView {
  makeDomain(domainName: string, domain?: Partial<FakeDomain>): FakeDomain;
  makeApi(protocol: FakeApi['protocol'], apiId: string, tags?: Record<string, string>): FakeApi;
  /** A stage with a deployment of its own. */
  makeStage(apiId: string, stage: string, given?: Partial<FakeStage>): FakeStage;
  makeDeployment(apiId: string, deploymentId: string, description?: string): void;
  readonly lag: { reads: number };
  readonly state: GatewayState;
}

const notFound = (what: string) =>
  sdkError('NotFoundException', `Invalid ${what} identifier specified`);

/** API Gateway without any API, and what tests do to it. */
export function createApiGatewayState(): { state: GatewayState; view: GatewayView } {
  const apis = new Map<string, FakeApi>();
  const domains = new Map<string, FakeDomain>();
  const lag = { reads: 0 };
  const before = new Map<string, { value: unknown; reads: number }>();

  const state: GatewayState = {
    apis,
    domains,
    pageSize: 100,
    lag,
    seen<T>(key: string, now: T): T {
      const old = before.get(key);
      if (!old || old.reads <= 0) return now;
      old.reads -= 1;
      return old.value as T;
    },
    remember(key, value) {
      if (lag.reads > 0) before.set(key, { value: structuredClone(value), reads: lag.reads });
    },
    findApi(protocol, apiId) {
      const api = apis.get(String(apiId));
      if (api?.protocol === protocol) return api;
      throw notFound('API');
    },
    findStage(protocol, apiId, name) {
      const stage = state.findApi(protocol, apiId).stages.get(String(name));
      if (stage) return stage;
      throw notFound('Stage');
    },
    findDomain(domainName) {
      const domain = domains.get(String(domainName));
      if (domain) return domain;
      throw notFound('domain name');
    },
    throwIfNoTarget(apiId, stage, protocols) {
      const api = apis.get(String(apiId));
      if (!api || !protocols.includes(api.protocol)) throw notFound('API');
      if (!api.stages.has(String(stage))) {
        throw sdkError('BadRequestException', 'Invalid stage identifier specified');
      }
    },
  };

  const view: GatewayView = {
    state,
    lag,
    makeDomain(domainName, given = {}) {
      const domain: FakeDomain = {
        endpoint: 'regional',
        status: 'AVAILABLE',
        routingMode: 'API_MAPPING_ONLY',
        mappings: new Map(),
        ...given,
      };
      domains.set(domainName, domain);
      return domain;
    },
    makeApi(protocol, apiId, tags = {}) {
      const api: FakeApi = { protocol, tags, stages: new Map(), deployments: new Map() };
      apis.set(apiId, api);
      return api;
    },
    makeStage(apiId, name, given = {}) {
      const stage: FakeStage = {
        deploymentId: `d-${apiId}`,
        variables: {},
        tags: {},
        canary: null,
        ...given,
      };
      apis.get(apiId)?.stages.set(name, stage);
      apis.get(apiId)?.deployments.set(stage.deploymentId, '');
      return stage;
    },
    makeDeployment(apiId, deploymentId, description = '') {
      apis.get(apiId)?.deployments.set(deploymentId, description);
    },
  };
  return { state, view };
}
