import { describe, expect, it } from 'vitest';
import { createApp } from '../../lib/http/app.ts';
import { createSharedToken } from '../../lib/http/auth/shared-token.ts';
import { VerdigrisError } from '../../lib/release/errors.ts';
import { createOperations } from '../../lib/steps/operations/index.ts';
import { createTestConductor, fakeManifest } from '../support/conductor.ts';
import { createFakeSecrets } from '../support/fakes/secrets.ts';
import { type FaultPlan, withFaults } from '../support/faults.ts';
import { createRecordingLogger, githubHeaders, webhookSecret } from '../support/webhooks.ts';
import { githubRelease } from '../unit/http/webhooks/payloads.ts';

const webhooks = [
  {
    kind: 'github',
    secret: 'github-web',
    repository: 'acme/storefront',
    event: 'release',
    artifact: { uri: 'memory:{tag}', version: '{tag}' },
  },
];

/** The real application over the real steps, whose ledger goes wrong as a plan says. */
async function prepare() {
  const faults: FaultPlan = {};
  const conductor = await createTestConductor({
    manifest: fakeManifest({ webhooks }),
    wrapLedger: (ledger) => withFaults(ledger, faults),
  });
  const { ports } = conductor;
  const started: string[] = [];
  const { start } = ports.engine;
  ports.engine.start = async (machine, name, input) => {
    const answer = await start(machine, name, input);
    if (machine === 'release' && answer.isNew) started.push(name);
    return answer;
  };
  const { log, lines } = createRecordingLogger();
  const app = createApp({
    operations: createOperations(ports),
    authenticate: createSharedToken('the-token-of-the-api').authenticate,
    log,
    version: '0.0.0',
    manifestSchema: () => ({}),
    webhooks: {
      ledger: ports.ledger,
      clock: ports.clock,
      fetch,
      secrets: createFakeSecrets({ 'github-web': [webhookSecret] }),
    },
  });
  const deliver = async (tag = 'v2') => {
    const body = JSON.stringify(githubRelease({ tag_name: tag }));
    const headers = githubHeaders('release', body);
    const answer = await app.request('/webhooks/github', { method: 'POST', body, headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return { conductor, faults, started, deliver, lines };
}

describe('a delivery', () => {
  it('is released with an id of its own, under the name of who made it', async () => {
    const { conductor, deliver } = await prepare();
    const { status } = await deliver();
    const [release] = conductor.ledger.inside.releases();

    expect(status).toBe(202);
    expect(release).toMatchObject({
      releaseId: expect.stringMatching(/^storefront-[0-9a-f]{16}$/),
      artifact: { uri: 'memory:v2', version: 'v2' },
      requestedBy: 'github:octocat',
    });
    expect(await conductor.outcomeOf(release?.releaseId ?? '')).toBe('completed');
  });

  it('starts nothing a second time, even when the answer to the first is long forgotten', async () => {
    const { conductor, deliver, started } = await prepare();
    const first = await deliver();
    await conductor.outcomeOf(started[0] ?? '');
    await conductor.clock.advance(40 * 86_400_000);

    expect(await deliver()).toEqual(first);
    expect(started).toHaveLength(1);
  });

  it('is on record as refused while a freeze is on, and stays so when it is over', async () => {
    const { conductor, deliver, started } = await prepare();
    await conductor.operations.freeze('*', 'sale until Monday', 'ann');
    const refused = await deliver();
    await conductor.operations.unfreeze('*', 'ann');

    expect(refused).toMatchObject({ status: 409, body: { error: { name: 'ReleaseFrozenError' } } });
    expect(await deliver()).toEqual(refused);
    await conductor.clock.advance(40 * 86_400_000);
    expect(await deliver()).toMatchObject({
      status: 409,
      body: { error: { name: 'ReleaseStateError' } },
    });
    expect(conductor.ledger.inside.releases()).toMatchObject([
      { outcome: 'refused', requestedBy: 'github:octocat' },
    ]);
    expect(started).toEqual([]);
  });

  it('is not refused by its own release, which holds the lock', async () => {
    const { conductor, deliver, started } = await prepare();
    const first = await deliver();
    await conductor.reach(started[0] ?? '', 'watching');
    await conductor.clock.advance(40 * 86_400_000);

    expect(await deliver()).toEqual(first);
  });

  it('is released although another manifest can no longer be read', async () => {
    const { conductor, deliver, started } = await prepare();
    await conductor.ledger.putManifest('broken', { service: 'broken' }, 'ann', '2026-01-01');
    await deliver();

    expect(started).toHaveLength(1);
  });

  it('starts one release at whatever call the ledger fails, before or after its effect', async () => {
    const cut: string[] = [];
    for (const when of ['before', 'after'] as const) {
      for (let nth = 1; ; nth += 1) {
        const { faults, started, deliver, conductor, lines } = await prepare();
        let count = 0;
        faults[when] = (method) => {
          count += 1;
          if (count !== nth) return undefined;
          cut.push(`${when} ${method}`);
          return new VerdigrisError('LedgerUnavailableError', `${when} ${method}`);
        };
        const first = await deliver();
        if (count < nth) break;
        const again = await deliver();

        expect([202, 503], cut.at(-1)).toContain(first.status);
        expect(again.status, cut.at(-1)).toBe(202);
        expect(conductor.ledger.inside.releases(), cut.at(-1)).toHaveLength(1);
        expect(started, cut.at(-1)).toHaveLength(1);
        expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
      }
    }
    // Every call of a delivery that goes well: manifests, claim, record, lock, answer.
    expect(new Set(cut).size).toBeGreaterThan(12);
  });
});
