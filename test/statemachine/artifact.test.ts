import { describe, expect, it } from 'vitest';
import type { ArtifactArrival } from '../../lib/release/artifact-source.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import type { JsonObject } from '../../lib/release/json.ts';
import { onArtifact } from '../../lib/steps/operations/on-artifact.ts';
import { createTestConductor, fakeManifest, type TestConductor } from '../support/conductor.ts';
import { outage, withFaults } from '../support/faults.ts';

const artifact = { kind: 's3', bucket: 'builds', keyPrefix: 'storefront/' };
const arrival: ArtifactArrival = {
  kind: 's3',
  bucket: 'builds',
  key: 'storefront/v2.zip',
  versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
  etag: 'b1946ac92492d2347c6235b4d2611184',
};
const another = { ...arrival, key: 'storefront/v3.zip', versionId: 'another' };

/** A conductor whose storefront follows a bucket. */
async function following(changes: JsonObject = {}) {
  const faults = outage();
  const conductor = await createTestConductor({
    manifest: fakeManifest({ artifact, ...changes }),
    wrapLedger: (ledger) => withFaults(ledger, faults),
  });
  return { conductor, faults, started: countStarts(conductor) };
}

/** Names of the releases whose execution was really started, once per start. */
function countStarts({ ports }: TestConductor): string[] {
  const started: string[] = [];
  const start = ports.engine.start.bind(ports.engine);
  ports.engine.start = async (machine, name, input) => {
    const answer = await start(machine, name, input);
    if (machine === 'release' && answer.isNew) started.push(name);
    return answer;
  };
  return started;
}

const releasesOf = ({ ledger }: TestConductor) => ledger.inside.releases();
const ignoredOf = ({ ledger }: TestConductor) =>
  ledger.inside.events().filter(({ type }) => type === 'Artifact Ignored');

describe('an artifact that lands', () => {
  it('is released by itself', async () => {
    const { conductor } = await following();
    await onArtifact(arrival, conductor.ports);
    const [release] = releasesOf(conductor);

    expect(release).toMatchObject({
      releaseId: expect.stringMatching(/^storefront-[0-9a-f]{10}$/),
      artifact: {
        uri: 's3://builds/storefront/v2.zip?versionId=IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        version: 'v2',
      },
      requestedBy: 'artifact',
    });
    expect(await conductor.outcomeOf(release?.releaseId ?? '')).toBe('completed');
  });

  it('starts one execution when it is told of twice in a row, also after the end', async () => {
    const { conductor, started } = await following();
    await onArtifact(arrival, conductor.ports);
    await onArtifact(arrival, conductor.ports);
    const [release] = releasesOf(conductor);
    expect(await conductor.outcomeOf(release?.releaseId ?? '')).toBe('completed');
    await onArtifact(arrival, conductor.ports);

    expect(releasesOf(conductor)).toHaveLength(1);
    expect(started).toHaveLength(1);
    expect(await conductor.events(release?.releaseId ?? '')).not.toContain('Refused');
  });

  it('starts one execution when it is told of twice at once', async () => {
    const { conductor, started } = await following();
    await Promise.all([
      onArtifact(arrival, conductor.ports),
      onArtifact(arrival, conductor.ports),
      onArtifact(arrival, conductor.ports),
    ]);
    const [release] = releasesOf(conductor);

    expect(started).toHaveLength(1);
    expect(await conductor.outcomeOf(release?.releaseId ?? '')).toBe('completed');
  });

  it('is not refused by the lock or the freeze that came while it is being released', async () => {
    const { conductor } = await following();
    await onArtifact(arrival, conductor.ports);
    const id = releasesOf(conductor)[0]?.releaseId ?? '';
    await conductor.reach(id, 'watching');
    await conductor.operations.freeze('storefront', 'sale', 'ann');
    await onArtifact(arrival, conductor.ports);

    expect((await conductor.ledger.getLock('storefront'))?.releaseId).toBe(id);
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('starts a release for every manifest that asks for it', async () => {
    const { conductor, started } = await following();
    const office = fakeManifest({ service: 'backoffice', artifact });
    await conductor.operations.applyManifest('backoffice', office, 'ann');
    await onArtifact(arrival, conductor.ports);

    const services = releasesOf(conductor).map(({ service }) => service);
    expect(services.sort()).toEqual(['backoffice', 'storefront']);
    expect(started).toHaveLength(2);
  });

  it('is released although another manifest can no longer be read', async () => {
    const { conductor } = await following();
    await conductor.ledger.putManifest('broken', { service: 'broken' }, 'ann', '2026-01-01');
    await onArtifact(arrival, conductor.ports);

    expect(releasesOf(conductor)).toHaveLength(1);
  });
});

describe('an artifact that cannot be released now', () => {
  it('is on record as refused while another release runs, and nothing is thrown', async () => {
    const { conductor } = await following();
    await onArtifact(arrival, conductor.ports);
    const running = releasesOf(conductor)[0]?.releaseId ?? '';
    await conductor.reach(running, 'watching');
    await onArtifact(another, conductor.ports);
    await onArtifact(another, conductor.ports);

    const refused = releasesOf(conductor).filter(({ outcome }) => outcome === 'refused');
    expect(refused).toMatchObject([
      { artifact: { version: 'v3' }, reason: expect.stringContaining(running) },
    ]);
    expect(conductor.sent.filter(({ type }) => type === 'Refused')).toHaveLength(1);
    expect(await conductor.outcomeOf(running)).toBe('completed');
  });

  it('is on record as refused while a freeze is on', async () => {
    const { conductor, started } = await following();
    await conductor.operations.freeze('*', 'sale until Monday', 'ann');
    await onArtifact(arrival, conductor.ports);

    expect(releasesOf(conductor)).toMatchObject([
      { outcome: 'refused', reason: expect.stringContaining('sale until Monday') },
    ]);
    await conductor.operations.unfreeze('*', 'ann');
    await onArtifact(arrival, conductor.ports);
    expect(started).toHaveLength(0);
  });
});

describe('an arrival that was cut short', () => {
  it('gets its execution when it is told again: the engine was down after the record', async () => {
    const { conductor } = await following();
    const { engine } = conductor.ports;
    conductor.ports.engine = {
      ...engine,
      start: async () => {
        throw new VerdigrisError('EngineUnavailableError', 'no answer');
      },
    };
    const cut = onArtifact(arrival, conductor.ports);
    await expect(cut).rejects.toMatchObject({ name: 'EngineUnavailableError' });
    expect(releasesOf(conductor)).toMatchObject([{ outcome: null }]);

    conductor.ports.engine = engine;
    await onArtifact(arrival, conductor.ports);
    const id = releasesOf(conductor)[0]?.releaseId ?? '';
    expect(await conductor.outcomeOf(id)).toBe('completed');
  });

  it('is told again when the ledger is down, and is released once', async () => {
    const { conductor, faults } = await following();
    for (const method of ['listManifests', 'createRelease', 'appendEvent']) {
      faults.down('LedgerUnavailableError', method);
      const cut = onArtifact(arrival, conductor.ports);
      await expect(cut).rejects.toMatchObject({ name: 'LedgerUnavailableError' });
    }
    faults.up();
    await onArtifact(arrival, conductor.ports);
    const [release, ...others] = releasesOf(conductor);
    expect(others).toEqual([]);
    expect(await conductor.outcomeOf(release?.releaseId ?? '')).toBe('completed');
  });

  it('is refused by Admit where the repetition comes while another release runs', async () => {
    const { conductor, faults } = await following();
    faults.down('LedgerUnavailableError', 'getLock');
    await expect(onArtifact(arrival, conductor.ports)).rejects.toThrow();
    faults.up();
    const cut = releasesOf(conductor)[0]?.releaseId ?? '';
    const running = await conductor.release('v9');
    await conductor.reach(running, 'watching');
    await onArtifact(arrival, conductor.ports);

    expect(await conductor.outcomeOf(cut)).toBe('refused');
    expect(await conductor.outcomeOf(running)).toBe('completed');
  });

  it('does not keep one service waiting for the other', async () => {
    const { conductor, started } = await following();
    const office = fakeManifest({ service: 'backoffice', artifact });
    await conductor.operations.applyManifest('backoffice', office, 'ann');
    const { engine } = conductor.ports;
    conductor.ports.engine = {
      ...engine,
      start: async (machine, name, input) => {
        if (name.startsWith('storefront')) return engine.start(machine, name, input);
        throw new VerdigrisError('EngineUnavailableError', 'no answer');
      },
    };
    await expect(onArtifact(arrival, conductor.ports)).rejects.toThrow('no answer');

    expect(started).toEqual([expect.stringMatching(/^storefront-/)]);
  });
});

describe('an artifact that nobody asks for', () => {
  it('is written down once, with what would have been right', async () => {
    const { conductor } = await following();
    const stray = { ...arrival, key: 'storefrnt/v2.zip' };
    await onArtifact(stray, conductor.ports);
    await onArtifact(stray, conductor.ports);

    expect(releasesOf(conductor)).toEqual([]);
    expect(ignoredOf(conductor)).toMatchObject([
      {
        service: '*',
        releaseId: null,
        by: 'artifact',
        summary:
          'nobody asks for s3://builds/storefrnt/v2.zip: expected are s3://builds/storefront/… (storefront)',
        data: stray,
      },
    ]);
    expect(await conductor.ledger.listServiceEvents('*', 10)).toHaveLength(1);
  });

  it('is written down again when it is another version of it', async () => {
    const { conductor } = await following();
    const stray = { ...arrival, key: 'storefrnt/v2.zip' };
    await onArtifact(stray, conductor.ports);
    await onArtifact({ ...stray, versionId: 'next' }, conductor.ports);

    expect(ignoredOf(conductor)).toHaveLength(2);
  });

  it.each<[string, ArtifactArrival, string]>([
    [
      'an event for a service that is misspelt',
      { kind: 'event', service: 'storefornt', artifact: { uri: 's3://b/k', version: 'v2' } },
      'nobody asks for s3://b/k for service "storefornt": did you mean "storefront"?',
    ],
    [
      'an event for a service that nobody knows',
      { kind: 'event', service: 'search', artifact: { uri: 's3://b/k', version: 'v2' } },
      'nobody asks for s3://b/k for service "search": known services are storefront',
    ],
    [
      'an image where nobody follows a registry',
      {
        kind: 'ecr',
        registry: '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
        repository: 'storefront',
        tag: null,
        digest: `sha256:${'0'.repeat(64)}`,
      },
      'nobody asks for 123456789012.dkr.ecr.eu-west-1.amazonaws.com/storefront:(no tag): no manifest has an artifact part of kind ecr',
    ],
  ])('says so for %s', async (_, stray, summary) => {
    const { conductor } = await following();
    await onArtifact(stray, conductor.ports);

    expect(ignoredOf(conductor)).toMatchObject([{ summary }]);
  });
});
