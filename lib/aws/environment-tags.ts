/**
 * Tags by which a thing of AWS says which environment it belongs to: routers name the side by it, and
 * what was made for a release is found again. CloudFormation hands the tags of a stack on to most of
 * what it makes.
 */
export const environmentTag = 'verdigris:environment';

/** The release for which it was made. */
export const releaseTag = 'verdigris:release';

/** The version of the artifact that it runs. */
export const versionTag = 'verdigris:version';

/** The service that it is a copy of. */
export const serviceTag = 'verdigris:service';

/** On a thing that was retired but is not ours to delete, by which its target group counts as free. */
export const retiredTag = 'verdigris:retired';

/** What is noted on everything that is made for a release. */
export interface EnvironmentMarks {
  /** The environment's id. */
  name: string;
  releaseId: string;
  version: string;
  service: string;
}

/** The tags of what is made for a release. */
export function tagsOf({ name, releaseId, version, service }: EnvironmentMarks) {
  return {
    [environmentTag]: name,
    [releaseTag]: releaseId,
    [versionTag]: version,
    [serviceTag]: service,
  };
}

/** Whether a copy gets this tag too. AWS keeps `aws:` for itself, and ours are set anew. */
export function isCopiedTag(key = ''): boolean {
  return !/^(aws|verdigris):/i.test(key);
}
