import { z } from 'zod';
import type { Artifact } from '../release/artifact.ts';
import { handedOver } from '../release/artifact.ts';
import type { Timers } from '../release/clock.ts';
import type { EnvironmentRef } from '../release/document.ts';
import { VerdigrisError } from '../release/errors.ts';
import type { AdapterConfig } from '../release/json.ts';
import type { Environment } from './environment.ts';
import type { EnvironmentKind } from './index.ts';
import { healthOf } from './prebuilt/health.ts';

const schema = z
  .strictObject({
    kind: z.literal('prebuilt'),
    healthPath: z
      .string()
      .regex(/^\/[^\s]*$/, 'needs a path that starts with /, such as /healthz')
      .optional()
      .describe(
        'Asked at the address of an environment; ready once it answers 2xx. Not asked if absent',
      ),
    needs: z
      .array(z.string().min(1).max(64))
      .max(20)
      .default([])
      .describe('What every artifact has to hand over: `address`, or the names of attributes'),
    existing: z
      .array(
        handedOver.extend({
          version: z.string().min(1).max(64).default('unknown').describe('As people know it'),
        }),
      )
      .max(2)
      .default([])
      .describe('What was live before the first release, as the router names it'),
  })
  .describe('Environments that somebody else makes');

type PrebuiltConfig = z.output<typeof schema>;

/** What the adapter needs besides its part of the manifest. */
export interface PrebuiltDeps {
  timers: Timers;
}

/** Environments that somebody else makes and hands over with the artifact. There on every platform. */
export const prebuiltKind: EnvironmentKind = {
  kind: 'prebuilt',
  schema,
  create: (config, _service, { timers }) => createPrebuiltEnvironment(config, { timers }),
};

/**
 * Hands on what an artifact carries. Nothing is made, remembered or removed here: what is live is known
 * from the ledger (`isHandedOver`). `config` is the manifest's part as it was written.
 */
export function createPrebuiltEnvironment(
  config: AdapterConfig,
  { timers }: PrebuiltDeps,
): Environment {
  const part = schema.parse(config);
  const existing = part.existing.map(({ version, ...given }) => toRef(given, version));
  return {
    isHandedOver: true,
    async provision(artifact) {
      const given = givenBy(artifact, part);
      throwIfStanding(artifact, given.id, existing);
      return toRef(given, artifact.version);
    },
    async status({ address }) {
      const reason =
        address !== null && part.healthPath !== undefined
          ? await healthOf(`${address.replace(/\/$/, '')}${part.healthPath}`, timers)
          : null;
      return {
        state: reason === null ? 'ready' : 'failed',
        reason: reason ?? '',
        retryAfterSeconds: 1,
      };
    },
    ofRelease: async () => null,
    lookup: async (id) => existing.find((ref) => ref.id === id) ?? null,
    list: async () => [],
    describe: async ({ address, attributes }) => ({
      address,
      attributes: Object.keys(attributes).sort(),
      ownFacts: ['address'],
    }),
    async warm() {},
    async scale() {},
    retire: async () => 'retired',
  };
}

type HandedOver = NonNullable<Artifact['environment']>;

/** @throws ArtifactInvalidError when it is not all there. */
function givenBy(
  { uri, environment }: Artifact,
  { needs, healthPath }: PrebuiltConfig,
): HandedOver {
  if (!environment) {
    throw invalid(
      uri,
      'carries no environment; whoever makes one hands it over with the artifact: --environment-id, --address and --attribute on the command line, environment: { id, address, attributes } in the API and in events',
    );
  }
  const wanted = new Set(healthPath === undefined ? needs : ['address', ...needs]);
  const given: Record<string, string> = { ...environment.attributes };
  if (environment.address !== undefined) given.address = environment.address;
  const missing = [...wanted].filter((name) => !(name in given));
  if (missing.length === 0) return environment;
  throw invalid(uri, `hands over "${environment.id}" without ${missing.join(', ')}`);
}

/** Two words about one thing can't both be right: which address would a rollback go to? */
function throwIfStanding({ uri }: Artifact, id: string, existing: readonly EnvironmentRef[]): void {
  if (!existing.some((ref) => ref.id === id)) return;
  throw invalid(
    uri,
    `hands over ${id}, which environment.existing of the manifest names too; take it out there, as something else is live by now`,
  );
}

function invalid(uri: string, why: string): VerdigrisError {
  return new VerdigrisError('ArtifactInvalidError', `artifact ${uri} ${why}`);
}

function toRef({ id, address, attributes }: HandedOver, version: string): EnvironmentRef {
  return { id, kind: 'prebuilt', version, address: address ?? null, attributes: attributes ?? {} };
}
