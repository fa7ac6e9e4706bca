import { artifactHandler } from '../lib/platform/triggers.ts';
import { onArtifact } from '../lib/steps/operations/on-artifact.ts';

/** An artifact has landed: releases it. */
export const handler = artifactHandler(onArtifact);
