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
