import { setTimeout as delay } from 'node:timers/promises';
import {
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { type ApiClient, createApiClient } from '../../cli/api-client.ts';
import type { ReleaseStatus } from '../../lib/http/api.ts';
import { clientConfig } from '../../scripts/cloud/emulators.ts';
import type { Cloud } from '../../scripts/cloud/open-cloud.ts';
import { openShop, type PutArtifact, type Shop } from '../../scripts/cloud/shop.ts';

const patienceMs = 90_000;

/** A state machine of the stack, as its outputs name it. */
export type MachineName = 'Release' | 'Rollback' | 'Retire';

/** The shop on a deployed stack, and what a scenario does with its releases. */
export interface Storefront {
  shop: Shop;
  api: ApiClient;
  stepFunctions: SFNClient;
  /** Puts another build of a version, and gives it with the release that its event starts. */
  put(
    version: string,
    windowSeconds: number,
    changes?: object,
  ): Promise<{ artifact: PutArtifact; releaseId: string }>;
  releaseIds(): Promise<string[]>;
  /** Waits for a release to be like that. */
  until(
    releaseId: string,
    what: string,
    isThere: (status: ReleaseStatus) => boolean,
  ): Promise<ReleaseStatus>;
  /** Waits for the end of a release. */
  outcomeOf(releaseId: string): Promise<ReleaseStatus>;
  executionArn(machine: MachineName, name: string): string;
  /** Names of a machine's executions, or of those with that status. */
  executionNames(machine: MachineName, status?: ExecutionStatus): Promise<string[]>;
  /** The states that an execution has entered, in their order. */
  statesOf(machine: MachineName, name: string): Promise<string[]>;
}

/** Opens the shop on a stack that looks at its watch windows every `intervalSeconds`. */
export async function openStorefront(cloud: Cloud, intervalSeconds: number): Promise<Storefront> {
  const shop = await openShop(cloud);
  const stepFunctions = new SFNClient(clientConfig(cloud.url));
  const api = createApiClient({
    url: cloud.apiUrl,
    token: { token: cloud.token, source: 'the stack' },
    actor: 'test',
    fetch,
  });
  let builds = 0;

  const machineArn = (machine: MachineName) => cloud.outputs[`${machine}StateMachineArn`] ?? '';
  const executionArn = (machine: MachineName, name: string) =>
    `${machineArn(machine).replace(':stateMachine:', ':execution:')}:${name}`;

  async function releaseIds(): Promise<string[]> {
    const { releases } = await api.releases({ service: 'storefront' });
    return releases.map((it) => it.releaseId);
  }

  const until: Storefront['until'] = (releaseId, what, isThere) =>
    eventually(`${releaseId} to be ${what}`, async () => {
      const status = await api.release(releaseId);
      return isThere(status) ? status : null;
    });

  return {
    ...{ shop, api, stepFunctions, releaseIds, until, executionArn },
    async put(version, windowSeconds, changes = {}) {
      const manifest = { ...shop.manifest(windowSeconds, intervalSeconds), ...changes };
      await api.applyManifest('storefront', manifest);
      const before = new Set(await releaseIds());
      builds += 1;
      const artifact = await shop.put(version, { build: String(builds) });
      const releaseId = await eventually(`a release of ${version}`, async () =>
        (await releaseIds()).find((id) => !before.has(id)),
      );
      return { artifact, releaseId };
    },
    outcomeOf: (releaseId) => until(releaseId, 'ended', ({ outcome }) => outcome !== null),
    async executionNames(machine, statusFilter) {
      const stateMachineArn = machineArn(machine);
      const command = new ListExecutionsCommand({ stateMachineArn, statusFilter });
      const { executions = [] } = await stepFunctions.send(command);
      return executions.map(({ name = '' }) => name);
    },
    async statesOf(machine, name) {
      const command = new GetExecutionHistoryCommand({
        executionArn: executionArn(machine, name),
        maxResults: 1000,
      });
      const { events = [] } = await stepFunctions.send(command);
      return events.flatMap(enteredState);
    },
  };
}

function enteredState({ stateEnteredEventDetails }: HistoryEvent): string[] {
  return stateEnteredEventDetails?.name ? [stateEnteredEventDetails.name] : [];
}

/** Looks ten times a second until there is something. @throws Error after a minute and a half. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined>,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`);
    await delay(100);
  }
}
