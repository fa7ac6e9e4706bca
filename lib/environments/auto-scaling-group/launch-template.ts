import {
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplateVersionsCommand,
  type DescribeLaunchTemplateVersionsCommandInput,
  type LaunchTemplateVersion,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import type { EnvironmentMarks } from '../../aws/environment-tags.ts';
import { asProviderError, orOurs } from '../../aws/provider-errors.ts';
import { VerdigrisError } from '../../release/errors.ts';
import type { Ec2Api } from './machine-image.ts';

/** One version of a launch template. */
export interface TemplateVersion {
  templateId: string;
  /** A number. */
  version: string;
}

/** A template by its id or name, and a version of it: a number, `$Default` or `$Latest`. */
export interface TemplateReference {
  /** `lt-…`, or a name. */
  template: string;
  version: string;
}

const templateCall = (operation: string, template: string) => ({
  provider: 'EC2',
  action: `ec2:${operation}`,
  of: `launch template ${template}`,
});

function byIdOrName(template: string) {
  return /^lt-[0-9a-f]{8,17}$/.test(template)
    ? { LaunchTemplateId: template }
    : { LaunchTemplateName: template };
}

/** The version that a reference means at this moment; null when there is none. */
export async function resolveVersion(
  ec2: Ec2Api,
  { template, version }: TemplateReference,
): Promise<TemplateVersion | null> {
  const input = { ...byIdOrName(template), Versions: [version] };
  const [found] = await describeVersions(ec2, template, input);
  return found ? toVersion(found) : null;
}

/** What a version says of the instances that are launched from it; null when there is none. */
export async function readLaunchData(
  ec2: Ec2Api,
  { template, version }: TemplateReference,
): Promise<ResponseLaunchTemplateData | null> {
  const input = { ...byIdOrName(template), Versions: [version] };
  const [found] = await describeVersions(ec2, template, input);
  return found?.LaunchTemplateData ?? null;
}

/** @throws ConfigInvalidError when there is no such template or version. */
export async function readVersion(
  ec2: Ec2Api,
  reference: TemplateReference,
): Promise<TemplateVersion> {
  const found = await resolveVersion(ec2, reference);
  if (found) return found;
  const { template, version } = reference;
  throw new VerdigrisError(
    'ConfigInvalidError',
    `there is no version ${version} of launch template ${template} in this account and region; create it, or correct environment.launchTemplate in the manifest`,
  );
}

async function describeVersions(
  ec2: Ec2Api,
  template: string,
  input: DescribeLaunchTemplateVersionsCommandInput,
): Promise<LaunchTemplateVersion[]> {
  const found: LaunchTemplateVersion[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeLaunchTemplateVersionsCommand({ ...input, NextToken });
    try {
      const answer = await ec2.send(command);
      found.push(...(answer.LaunchTemplateVersions ?? []));
      NextToken = answer.NextToken;
    } catch (error) {
      if (isMissing(error)) return [];
      throw asProviderError(error, templateCall('DescribeLaunchTemplateVersions', template));
    }
  } while (NextToken);
  return found;
}

/** EC2 has several names for it: of an id, a name, a version; with and without Exception. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    /^InvalidLaunchTemplate(Id|Name)\.(NotFound|VersionNotFound|Malformed)/.test(error.name)
  );
}

function toVersion({ LaunchTemplateId = '', VersionNumber }: LaunchTemplateVersion) {
  return { templateId: LaunchTemplateId, version: String(VersionNumber) };
}

const markPattern = /^verdigris release=(\S+) version=(\S+)$/;

/** The version of this template that was made for a release; null when there is none. */
export async function findMadeVersion(
  ec2: Ec2Api,
  templateId: string,
  releaseId: string,
): Promise<(TemplateVersion & { artifactVersion: string }) | null> {
  const all = await describeVersions(ec2, templateId, { LaunchTemplateId: templateId });
  for (const found of all) {
    const [, release, artifactVersion] = markPattern.exec(found.VersionDescription ?? '') ?? [];
    if (release === releaseId && artifactVersion) return { ...toVersion(found), artifactVersion };
  }
  return null;
}

/**
 * A version like the given one with another image. With a client token, so that two calls at once make
 * one; the description tells it apart after the token is forgotten.
 */
export async function createVersion(
  ec2: Ec2Api,
  { templateId, version: source }: TemplateVersion,
  imageId: string,
  { name, releaseId, version }: EnvironmentMarks,
): Promise<TemplateVersion> {
  const command = new CreateLaunchTemplateVersionCommand({
    LaunchTemplateId: templateId,
    SourceVersion: source,
    VersionDescription: `verdigris release=${releaseId} version=${version}`,
    ClientToken: name.slice(0, 128),
    LaunchTemplateData: { ImageId: imageId },
  });
  const call = templateCall('CreateLaunchTemplateVersion', templateId);
  const { LaunchTemplateVersion: made } = await orOurs(ec2.send(command), call);
  return toVersion(made ?? {});
}

/**
 * Deletes a version that was made for a release, and no other. The default version stays: EC2 keeps it,
 * and somebody made it that.
 */
export async function deleteMadeVersion(
  ec2: Ec2Api,
  { templateId, version }: TemplateVersion,
): Promise<void> {
  const input = { LaunchTemplateId: templateId, Versions: [version] };
  const [found] = await describeVersions(ec2, templateId, input);
  const isMade = markPattern.test(found?.VersionDescription ?? '');
  if (!isMade || found?.DefaultVersion) return;
  const command = new DeleteLaunchTemplateVersionsCommand(input);
  await orOurs(ec2.send(command), templateCall('DeleteLaunchTemplateVersions', templateId));
}
