import { z } from 'zod';
import {
  type Diagnosis,
  type Finding,
  findingKinds,
  type LiveSide,
  type Repair,
  type RepairReport,
  type Sides,
} from '../../../release/diagnosis.ts';
import type {
  ManifestAnswer,
  ServicesAnswer,
  StoredManifestAnswer,
  ValidationAnswer,
} from '../../api.ts';
import type { ServiceStatus } from '../../operations.ts';
import { exactly } from '../exactly.ts';
import { errorBudget } from './error-budget.ts';
import { environmentRef, facts, outcome, phase, service, time, weights, who } from './parts.ts';

const serviceStatus = exactly<ServiceStatus>()(
  z
    .strictObject({
      service,
      owner: z.string().nullable().describe('Who is called when a release needs a person'),
      traffic: weights.nullable().describe('Null when the router cannot be read'),
      liveVersion: z.string().nullable().describe('The version that gets all traffic, or null'),
      releaseId: z.string().nullable().describe('The release that holds the lock, or null'),
      frozen: z.string().nullable().describe('Why no release may start, or null'),
      errorBudget: errorBudget.nullable().describe('Null where the manifest has no slo'),
    })
    .meta({ id: 'ServiceStatus', description: 'What a service is doing' }),
);

/** `GET /api/services` */
export const services = exactly<ServicesAnswer>()(
  z.strictObject({ services: z.array(serviceStatus) }).meta({ id: 'Services' }),
);

/** `PUT /api/services/{service}` */
export const manifest = exactly<ManifestAnswer>()(
  z
    .strictObject({
      service,
      revision: z.int().min(1).describe('Counts up with every change'),
      updatedAt: time.describe('When this revision was stored'),
      updatedBy: who.describe('Who stored it'),
    })
    .meta({ id: 'ManifestRevision', description: 'What was stored, without its source' }),
);

/** `GET /api/services/{service}/manifest` */
export const storedManifest = exactly<StoredManifestAnswer>()(
  z
    .strictObject({ ...manifest.shape, source: facts.describe('The manifest, as it was applied') })
    .meta({ id: 'StoredManifest', description: 'A manifest, and who stored it when' }),
);

/** `POST /api/services/{service}/validate` */
export const validation = exactly<ValidationAnswer>()(
  z
    .strictObject({
      isValid: z.boolean().describe('Whether it could be applied'),
      issues: z
        .array(
          z
            .strictObject({
              path: z.string().describe('Such as `watch.window` or `checks[0].expect`'),
              reason: z.string().describe('What is wrong, and what would be right'),
            })
            .meta({ id: 'Issue', description: 'One thing that is wrong with what somebody wrote' }),
        )
        .describe('Everything that is wrong; empty when it is valid'),
    })
    .meta({ id: 'Validation' }),
);

const findingKeys = {
  kind: z.enum(findingKinds).describe('What is wrong'),
  state: z
    .enum(['warn', 'fail'])
    .describe('`fail`: wrong until somebody mends it. `warn`: somebody should know'),
  subject: z.string().describe('The release, environment, alarm or service that it is about'),
  detail: z.string().describe('What it is, in one sentence'),
  why: z.string().describe('Why it matters'),
  mend: z.string().describe('What mends it: a command, or what to do'),
  isFixable: z.boolean().describe('A repair does that by itself'),
};

const finding = exactly<Finding>()(
  z
    .strictObject(findingKeys)
    .meta({ id: 'Finding', description: 'One thing that is wrong, or waits for a person' }),
);

const liveSide = exactly<LiveSide>()(
  z
    .strictObject({
      environmentId: z.string().describe('Id of the environment'),
      percent: z.int().min(0).max(100).describe('Of the traffic'),
      version: z.string().nullable().describe('Null when there is no such environment'),
      state: z
        .enum(['pending', 'ready', 'failed', 'gone', 'unknown'])
        .describe('`unknown` where it could not be asked'),
    })
    .meta({ id: 'LiveSide', description: 'A side that gets traffic' }),
);

const releaseLine = { releaseId: z.string(), phase, outcome: outcome.nullable() };

const sides = exactly<Sides>()(
  z
    .strictObject({
      route: z
        .strictObject({
          weights: weights.nullable().describe('Null when the router cannot be read'),
          problem: z.string().nullable().describe('Why it cannot be read'),
          live: z.array(liveSide),
        })
        .describe('The live route'),
      ledger: z
        .strictObject({
          lock: z
            .strictObject({ holder: z.string(), epoch: z.int() })
            .nullable()
            .describe("Who holds the service's lock"),
          open: z
            .array(z.strictObject(releaseLine))
            .describe('Releases that run, are held, or whose rollback failed, newest first'),
          last: z
            .strictObject({ ...releaseLine, expected: environmentRef.nullable() })
            .nullable()
            .describe('The release that decided last where traffic is, and where it left it'),
        })
        .describe('What the ledger says'),
      executions: z
        .array(z.strictObject({ machine: z.string(), name: z.string(), status: z.string() }))
        .describe('Of the open releases, and retirements that wait or work'),
    })
    .meta({ id: 'Sides', description: 'Live route, ledger and executions side by side' }),
);

/** `GET /api/services/{service}/diagnosis` */
export const diagnosis = exactly<Diagnosis>()(
  z
    .strictObject({
      service,
      at: time.describe('When it was looked at'),
      findings: z.array(finding).describe('What is wrong; empty when all is well'),
      sides,
    })
    .meta({ id: 'Diagnosis', description: 'What a service looks like, and what is wrong with it' }),
);

const repair = exactly<Repair>()(
  z
    .strictObject({
      isMended: z.boolean(),
      detail: z.string().describe('What was done, or why not'),
    })
    .meta({ id: 'Repair', description: 'What a repair did about a finding' }),
);

/** `POST /api/services/{service}/repair` */
export const repairReport = exactly<RepairReport>()(
  z
    .strictObject({
      service,
      at: time.describe('When it was looked at'),
      findings: z.array(
        z
          .strictObject({
            ...findingKeys,
            repair: repair.nullable().describe('Null where nothing was tried'),
          })
          .meta({ id: 'RepairedFinding' }),
      ),
    })
    .meta({ id: 'RepairReport', description: 'What was found, and what was done about it' }),
);
