import type { AnyRoute } from '../route.ts';
import { freezeRoutes } from './freezes.ts';
import { releaseRoutes } from './releases.ts';
import { serviceRoutes } from './services.ts';
import { sessionRoutes } from './session.ts';
import { tokenRoutes } from './tokens.ts';

/** Every route of the API for programs. */
export const apiRoutes: readonly AnyRoute[] = [
  ...serviceRoutes,
  ...releaseRoutes,
  ...freezeRoutes,
  ...tokenRoutes,
  ...sessionRoutes,
];
