import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { environmentContract } from '../contract/environment.contract.ts';
import { emulators } from '../support/emulators.ts';
import { createEmulatedStacks, stackTemplate } from './stacks.ts';

const version = '1.0.0';
const secret = 'swordfish-4711';

environmentContract('cloudformation-stack on MiniStack', async () => {
  const stacks = await createEmulatedStacks(emulators.ministack, secret);
  return {
    environment: stacks.environment,
    artifact: { uri: await stacks.upload('good.json', stackTemplate()), version },
    missingArtifact: {
      uri: (await stacks.upload('gone.json', {})).replace('gone', 'none'),
      version,
    },
    brokenArtifact: { uri: await stacks.upload('broken.json', stackTemplate('broken')), version },
    secret,
    mayBeBusy: true,
    stop: stacks.remove,
  };
});

describe('cloudformation-stack on MiniStack', () => {
  it('tells resources and router whose they are by their tags', async () => {
    const stacks = await createEmulatedStacks(emulators.ministack, secret);
    const uri = await stacks.upload('good.json', stackTemplate());
    const ref = await stacks.ready({ uri, version });
    expect(await stacks.tagsOfGroup(ref)).toMatchObject({
      'verdigris:environment': ref.id,
      'verdigris:release': 'r1',
      'verdigris:service': stacks.service,
      'verdigris:version': version,
      team: 'web',
    });
    await stacks.remove();
  });

  it('refuses a template that is not what its digest says, and begins nothing', async () => {
    const stacks = await createEmulatedStacks(emulators.ministack, secret);
    const uri = await stacks.upload('good.json', stackTemplate());
    const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const wrong = { uri, version, digest: digestOf('something else') };
    await expect(stacks.environment.provision(wrong, 'r1')).rejects.toThrow(wrong.digest);
    expect(await stacks.environment.ofRelease('r1')).toBeNull();

    const digest = digestOf(JSON.stringify(stackTemplate()));
    expect(await stacks.ready({ uri, version, digest })).toMatchObject({ version });
    await stacks.remove();
  });

  it('protects what is live from being deleted by anybody', async () => {
    const stacks = await createEmulatedStacks(emulators.ministack, secret);
    const uri = await stacks.upload('good.json', stackTemplate());
    const ref = await stacks.ready({ uri, version });
    await stacks.environment.goLive?.(ref, null);
    await expect(stacks.deleteByHand(ref.id)).rejects.toThrow('TerminationProtection');
    await stacks.remove();
  });
});

describe('cloudformation-stack on moto', () => {
  it('makes a stack by a change set', ({ skip }) => {
    skip(
      'moto 5.2.5 answers DescribeChangeSet without tags, by which a change set says whose it is',
    );
  });
});
