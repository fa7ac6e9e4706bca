import { z } from 'zod';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import type { ManifestKinds } from '../../../lib/release/manifest.ts';

const { environment } = manifestKinds;
const prebuilt = { kind: 'prebuilt', schema: z.looseObject({ kind: z.literal('prebuilt') }) };

/** Every kind, and environments that somebody else makes, as far as a manifest is concerned. */
export const kindsWithPrebuilt: ManifestKinds = {
  ...manifestKinds,
  environment: environment.some(({ kind }) => kind === 'prebuilt')
    ? environment
    : [...environment, prebuilt],
};
