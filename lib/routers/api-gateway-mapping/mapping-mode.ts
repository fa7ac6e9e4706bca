import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Readiness, RouterFacts } from '../router.ts';
import type { Gateways } from './calls.ts';
import { type DomainMapping, describePlace, type Mapping } from './domain.ts';
import { createEdgeDomain } from './edge-domain.ts';
import {
  type Mode,
  noRevision,
  onlySideOf,
  ready,
  sidesOf,
  throwIfNoWayBack,
  unready,
  waitFor,
} from './mode.ts';
import { createRegionalDomain } from './regional-domain.ts';
import type { ApiGatewayConfig, StagePlace } from './schema.ts';
import { environmentOf, findStage, nameOf, stageOfId } from './stages.ts';

type MappingConfig = Extract<ApiGatewayConfig, { mode: 'mapping' }>;

/** AWS gives no bound for a mapping that is changed; these are assumed. */
const facts: Record<MappingConfig['endpoint'], RouterFacts> = {
  regional: {
    isAtomic: true,
    isConditional: false,
    supportsWeights: false,
    maxPropagationSeconds: 30,
  },
  edge: {
    isAtomic: false,
    isConditional: false,
    supportsWeights: false,
    maxPropagationSeconds: 60,
  },
};

/** A custom domain, or a path of it, that leads to the stage of one API or of another. */
export function createMappingMode(config: MappingConfig, gateways: Gateways): Mode<Mapping | null> {
  const isEdge = config.endpoint === 'edge';
  const mappings = isEdge
    ? createEdgeDomain(config, gateways.rest)
    : createRegionalDomain(config, gateways.http);
  const name = describePlace(config);
  const environmentAt = async (place: StagePlace) =>
    environmentOf(gateways, place, await findStage(gateways, place));
  return {
    facts: facts[config.endpoint],
    name,
    look: () => mappings.find(),
    revisionOf: (mapping) => (mapping ? nameOf(mapping) : noRevision),
    async toRoute(mapping) {
      if (!mapping) return { weights: {}, revision: noRevision };
      return { weights: { [await environmentAt(mapping)]: 100 }, revision: nameOf(mapping) };
    },
    check(desired) {
      for (const [environment] of sidesOf(desired)) stageOf(environment);
    },
    follows(mapping, desired) {
      return mapping !== null && nameOf(mapping) === nameOf(stageOf(onlySideOf(desired)));
    },
    operation: (mapping) => mappings.operations[mapping ? 'update' : 'create'],
    write(mapping, desired, signal) {
      const target = stageOf(onlySideOf(desired));
      return mapping ? mappings.update(mapping, target, signal) : mappings.create(target, signal);
    },
    async readiness(mapping, desired) {
      const domain = await readinessOf(mappings, config.domainName);
      if (domain.status !== 'ready') return domain;
      if (mapping) {
        const live = { [await environmentAt(mapping)]: nameOf(mapping) };
        throwIfNoWayBack(desired, live, (environment) => nameOf(stageOf(environment)));
      }
      return readinessOfStage(gateways, onlySideOf(desired), isEdge);
    },
  };
}

/**
 * The stage that an environment is reached by: what it says of itself, else its id where that is a
 * stage's natural name.
 * @throws RequestInvalidError
 */
export function stageOf({ id, attributes }: EnvironmentRef): StagePlace {
  const { apiId, stage } = attributes;
  if (apiId && stage) return { apiId, stage };
  const byName = stageOfId(id);
  if (byName) return byName;
  throw new VerdigrisError(
    'RequestInvalidError',
    `environment ${id} does not say which stage it is reached by; it needs the attributes apiId and stage`,
  );
}

async function readinessOf(mappings: DomainMapping, domainName: string): Promise<Readiness> {
  const { status, message, routingMode } = await mappings.domain();
  if (routingMode === 'ROUTING_RULE_ONLY') {
    throw unready(
      `${domainName} is routed by rules only (${routingMode}), so a mapping would change nothing; set its routing mode to one with mappings`,
    );
  }
  if (status === 'FAILED') throw unready(`${domainName} is ${status}: ${message}`);
  if (status === 'AVAILABLE') return ready;
  return waitFor(`${domainName} is ${status}${message && `: ${message}`}`);
}

async function readinessOfStage(
  gateways: Gateways,
  side: EnvironmentRef,
  isEdge: boolean,
): Promise<Readiness> {
  const place = stageOf(side);
  const stage = await findStage(gateways, place);
  if (!stage) throw unready(`there is no stage ${nameOf(place)}, by which ${side.id} is reached`);
  if (isEdge && stage.api !== 'rest') {
    throw unready(
      `${nameOf(place)} is no stage of a REST API; an edge-optimized domain leads to no other`,
    );
  }
  const called = await environmentOf(gateways, place, stage);
  if (called !== side.id) {
    throw unready(
      `stage ${nameOf(place)} belongs to ${called}, not to ${side.id}; give the stage or its API the tag verdigris:environment = ${side.id}`,
    );
  }
  if (stage.deploymentId !== '') return ready;
  const message = stage.deploymentMessage && `: ${stage.deploymentMessage}`;
  return waitFor(`nothing is deployed to stage ${nameOf(place)} yet${message}`);
}
