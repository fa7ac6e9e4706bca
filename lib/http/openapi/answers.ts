import type { z } from 'zod';
import type { AnswerName } from '../answer-names.ts';
import { createdToken, session, token, tokens } from './shapes/access.ts';
import { checkRun, checks } from './shapes/checks.ts';
import { freeze, freezes, unfreeze } from './shapes/freezes.ts';
import { releaseMetrics } from './shapes/metrics.ts';
import { facts } from './shapes/parts.ts';
import { approval, releaseStatus, releases } from './shapes/releases.ts';
import { review } from './shapes/review.ts';
import {
  diagnosis,
  manifest,
  repairReport,
  services,
  storedManifest,
  validation,
} from './shapes/services.ts';

/** The schema of every answer: each is held to the type of its name in `api.ts` where it is made. */
export const answerSchemas = {
  Services: services,
  Manifest: manifest,
  ManifestSchema: facts,
  StoredManifest: storedManifest,
  Validation: validation,
  Checks: checks,
  CheckRun: checkRun,
  Diagnosis: diagnosis,
  Repair: repairReport,
  ReleaseStatus: releaseStatus,
  Releases: releases,
  ReleaseMetrics: releaseMetrics,
  Review: review,
  Approval: approval,
  Freezes: freezes,
  Freeze: freeze,
  Unfreeze: unfreeze,
  Tokens: tokens,
  Token: token,
  CreatedToken: createdToken,
  Session: session,
} as const satisfies Record<AnswerName, z.ZodType>;
