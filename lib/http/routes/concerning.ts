import { VerdigrisError } from '../../release/errors.ts';
import { releaseIdSchema, serviceNameSchema } from '../api.ts';
import { forbidden } from '../forbidden.ts';
import type { Call } from '../route.ts';

/** The part of a route's call that says what it is about. */
type About = Pick<Call<unknown, unknown>, 'params' | 'operations' | 'principal' | 'can'>;

/** The service in the path. @throws ServiceUnknownError for what cannot be one's name. */
export function serviceOf({ params }: Pick<About, 'params'>): string {
  const name = params.service ?? '';
  if (serviceNameSchema.safeParse(name).success) return name;
  throw new VerdigrisError('ServiceUnknownError', `there is no service "${name.slice(0, 40)}"`);
}

/** The release in the path. @throws ReleaseUnknownError for what cannot be one's id. */
export function releaseOf({ params }: Pick<About, 'params'>): string {
  const id = params.id ?? '';
  if (releaseIdSchema.safeParse(id).success) return id;
  throw new VerdigrisError('ReleaseUnknownError', `there is no release "${id.slice(0, 80)}"`);
}

/**
 * The service of the release in the path.
 * @throws ReleaseUnknownError, also where it is of a service that the caller may not read: they are not
 * told that there is one.
 */
export async function serviceOfRelease(about: About): Promise<string> {
  const id = releaseOf(about);
  const service = await about.operations.serviceOf(id);
  if (about.can('read', service)) return service;
  const cause = forbidden(about, 'read', service);
  throw new VerdigrisError('ReleaseUnknownError', `there is no release "${id}"`, { cause });
}
