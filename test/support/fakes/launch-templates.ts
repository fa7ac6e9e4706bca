import type { LaunchTemplateVersion } from '@aws-sdk/client-ec2';
import type { Ec2Api } from '../../../lib/environments/auto-scaling-group/machine-image.ts';
import { awsError, createFakeClient, type FakeClient } from './aws-client.ts';

/** As much of EC2 as Auto Scaling groups need, in memory: one launch template, and images. */
export interface FakeLaunchTemplates extends FakeClient {
  readonly ec2: Ec2Api;
  readonly templateId: string;
  /** State of each image, by its id. */
  readonly images: Map<string, string>;
  readonly versions: readonly LaunchTemplateVersion[];
  /** Somebody else makes a version. */
  createByHand(version: Partial<LaunchTemplateVersion>): LaunchTemplateVersion;
}

const pageSize = 2;

/**
 * Launch templates after what AWS documents: versions are numbered, inherit from their source, never
 * change; the same token with the same parameters makes nothing new; the default version is not deleted.
 */
export function createFakeLaunchTemplates(imageId: string): FakeLaunchTemplates {
  const templateId = 'lt-0123456789abcdef0';
  const images = new Map([[imageId, 'available']]);
  const tokens = new Map<unknown, { text: string; version: LaunchTemplateVersion }>();
  let versions: LaunchTemplateVersion[] = [];
  let made = 0;

  function create(given: Partial<LaunchTemplateVersion>): LaunchTemplateVersion {
    made += 1;
    const version = {
      LaunchTemplateId: templateId,
      LaunchTemplateName: 'shop',
      VersionNumber: made,
      DefaultVersion: made === 1,
      ...given,
    };
    versions.push(version);
    return version;
  }

  function throwIfOther({
    LaunchTemplateId: id,
    LaunchTemplateName: name,
  }: Record<string, unknown>) {
    if (id === templateId || (id === undefined && name === 'shop')) return;
    throw awsError('InvalidLaunchTemplateId.NotFound', `The launch template ${id} does not exist.`);
  }

  function find(wanted: string): LaunchTemplateVersion {
    const found = versions.findLast(
      ({ VersionNumber, DefaultVersion }) =>
        wanted === '$Latest' ||
        (wanted === '$Default' ? DefaultVersion : wanted === String(VersionNumber)),
    );
    if (found) return found;
    const message = `Could not find launch template version ${wanted}.`;
    throw awsError('InvalidLaunchTemplateId.VersionNotFound', message);
  }

  const { send, faults } = createFakeClient('EC2', {
    DescribeImages({ ImageIds }) {
      const [id = ''] = ImageIds as string[];
      const State = images.get(id);
      if (State) return { Images: [{ ImageId: id, State }] };
      throw awsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
    },
    DescribeLaunchTemplateVersions(input) {
      throwIfOther(input);
      const wanted = input.Versions as string[] | undefined;
      const all = wanted ? wanted.map(find) : versions;
      const from = Number(input.NextToken ?? 0);
      const next = from + pageSize < all.length ? { NextToken: String(from + pageSize) } : {};
      return structuredClone({
        LaunchTemplateVersions: all.slice(from, from + pageSize),
        ...next,
      });
    },
    CreateLaunchTemplateVersion(input) {
      throwIfOther(input);
      const text = JSON.stringify(input);
      const before = tokens.get(input.ClientToken);
      if (before && before.text !== text)
        throw awsError('IdempotentParameterMismatch', 'The parameters do not match');
      if (before) return { LaunchTemplateVersion: before.version };
      const source = find(String(input.SourceVersion));
      const version = create({
        VersionDescription: input.VersionDescription as string,
        LaunchTemplateData: {
          ...source.LaunchTemplateData,
          ...(input.LaunchTemplateData as object),
        },
      });
      tokens.set(input.ClientToken, { text, version });
      return { LaunchTemplateVersion: version };
    },
    DeleteLaunchTemplateVersions(input) {
      throwIfOther(input);
      const gone = input.Versions as string[];
      versions = versions.filter(
        ({ VersionNumber, DefaultVersion }) =>
          DefaultVersion || !gone.includes(String(VersionNumber)),
      );
      return {};
    },
  });

  create({ LaunchTemplateData: { ImageId: imageId, UserData: 'c2VjcmV0' } });
  return {
    ...faults,
    ec2: { send } as unknown as Ec2Api,
    templateId,
    images,
    get versions() {
      return versions;
    },
    createByHand: create,
  };
}
