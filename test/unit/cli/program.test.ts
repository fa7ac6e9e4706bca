import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, ReleaseStatus } from '../../../lib/http/api.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { startTestApi, type TestApi } from '../../support/api-server.ts';
import { createCommandLine } from '../../support/command-line.ts';
import { endedStatus, fixtureBudget, fixtureService } from '../../support/fakes/operations.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const releaseArgs = [
  'release',
  'storefront',
  '--artifact',
  's3://bucket/v2.tgz',
  '--version',
  'v2',
];
const outcomes: [Outcome, number][] = [
  ['completed', 0],
  ['rolled-back', 3],
  ['held', 4],
  ['refused', 1],
  ['discarded', 1],
  ['rollback-failed', 1],
];

describe('verdigris release', () => {
  it('starts a release in the name of the user and says how to see it', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    const code = await verdigris(...releaseArgs);
    expect(code).toBe(0);
    expect(output.stdout).toContain('verdigris watch rel1');
    expect(api.operations.calls).toEqual([
      [
        'startRelease',
        {
          service: 'storefront',
          artifact: { uri: 's3://bucket/v2.tgz', version: 'v2' },
          by: 'ada',
        },
      ],
    ]);
  });

  it.each(outcomes)(
    'with --watch ends as the release does: %s is %d',
    async (outcome, expected) => {
      const { verdigris, output, waits } = createCommandLine(api.url);
      api.operations.upcoming.push(endedStatus('completed'), endedStatus(outcome));
      api.operations.upcoming[0] = {
        ...endedStatus('completed'),
        outcome: null,
        phase: 'watching',
      };
      const code = await verdigris(...releaseArgs, '--watch');
      expect(code).toBe(expected);
      expect(waits).toHaveLength(1);
      expect(output.stdout).toContain('because');
    },
  );

  it.each(outcomes)('prints only the final status with --json: %s', async (outcome, expected) => {
    const { verdigris, json, output } = createCommandLine(api.url);
    api.operations.upcoming.push({ ...endedStatus(outcome), outcome: null }, endedStatus(outcome));
    const code = await verdigris(...releaseArgs, '--watch', '--json');
    expect(code).toBe(expected);
    expect(json<ReleaseStatus>()).toEqual(endedStatus(outcome));
    expect(output.stderr).toBe('');
  });

  it('exits 1 when the conductor refuses, with name, code and message', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    api.operations.failNext(
      'startRelease',
      new VerdigrisError('ReleaseInProgressError', 'rel0 is running', { details: { id: 'rel0' } }),
    );
    const code = await verdigris(...releaseArgs);
    expect(code).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: 'error ReleaseInProgressError (VG201): rel0 is running\n',
    });
  });

  it('gives the refusal as the one document with --json', async () => {
    const { verdigris, json } = createCommandLine(api.url);
    api.operations.failNext('startRelease', new VerdigrisError('ReleaseFrozenError', 'sale'));
    const code = await verdigris(...releaseArgs, '--json');
    expect(code).toBe(1);
    expect(json()).toEqual({
      error: { name: 'ReleaseFrozenError', code: 'VG202', message: 'sale' },
    });
  });

  it('makes the path of an artifact that is here absolute, and leaves others alone', async () => {
    const { verdigris, io } = createCommandLine(api.url);
    writeFileSync(join(io.cwd, 'v2.tgz'), '');
    const uris = ['v2.tgz', './v2.tgz', 'elsewhere/v2.tgz', 'file:v2.tgz', '/nowhere/v2'];
    for (const uri of uris) {
      await verdigris('release', 'storefront', '--artifact', uri, '--version', 'v2');
    }
    const sent = api.operations.calls.map(
      ([, request]) => (request as { artifact: { uri: string } }).artifact.uri,
    );
    const here = join(io.cwd, 'v2.tgz');
    expect(sent).toEqual([here, here, 'elsewhere/v2.tgz', 'file:v2.tgz', '/nowhere/v2']);
  });

  it('passes a digest on', async () => {
    const { verdigris } = createCommandLine(api.url);
    const digest = `sha256:${'a'.repeat(64)}`;
    await verdigris(...releaseArgs, '--digest', digest);
    expect(api.operations.calls[0]?.[1]).toMatchObject({ artifact: { digest } });
  });

  it('hands over an environment that somebody else made', async () => {
    const { verdigris } = createCommandLine(api.url);
    const arn = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/b/1=2';
    const attributes = [
      '--attribute',
      'dnsName=b.example.com',
      '--attribute',
      `targetGroupArn=${arn}`,
    ];
    const address = ['--address', 'http://10.0.0.7:8080'];
    await verdigris(...releaseArgs, '--environment-id', 'shop-b', ...address, ...attributes);
    await verdigris(...releaseArgs, '--environment-id', 'shop-c');
    const sent = api.operations.calls.map(
      ([, it]) => (it as { artifact: Artifact }).artifact.environment,
    );
    expect(sent).toEqual([
      {
        id: 'shop-b',
        address: 'http://10.0.0.7:8080',
        attributes: { dnsName: 'b.example.com', targetGroupArn: arn },
      },
      { id: 'shop-c' },
    ]);
  });

  it.each([
    [['--address', 'http://10.0.0.7'], '--environment-id'],
    [['--attribute', 'a=b'], '--environment-id'],
    [['--environment-id', 'b', '--attribute', 'targetGroupArn'], 'KEY=VALUE'],
    [['--environment-id', 'b', '--attribute', '=arn'], 'KEY=VALUE'],
  ])('calls %j a wrong usage', async (args, right) => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris(...releaseArgs, ...args)).toBe(2);
    expect(output.stderr).toContain(right);
    expect(api.operations.calls).toEqual([]);
  });
});

describe('verdigris status', () => {
  it('shows all services as a table', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    api.operations.services.push(
      fixtureService({ service: 'pay', traffic: null, liveVersion: null, frozen: 'sale' }),
    );
    expect(await verdigris('status')).toBe(0);
    expect(output.stdout.split('\n')).toEqual([
      'SERVICE     LIVE  TRAFFIC             RELEASE  FROZEN',
      'storefront  v1    storefront-v1 100%  -        -',
      'pay         -     unknown             -        sale',
      '',
    ]);
  });

  it('shows how much of the error budget is left, where a service has one', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    const errorBudget = fixtureBudget();
    api.operations.services.push(fixtureService({ service: 'pay', errorBudget }));
    expect(await verdigris('status')).toBe(0);
    expect(output.stdout.split('\n')).toEqual([
      'SERVICE     LIVE  TRAFFIC             RELEASE  BUDGET LEFT  FROZEN',
      'storefront  v1    storefront-v1 100%  -        -            -',
      'pay         v1    storefront-v1 100%  -        81.4%        -',
      '',
    ]);
  });

  it('shows what the last release burnt, how much is known, and when enough is left again', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    const recoversAt = '2026-01-03T08:00:00.000Z';
    const errorBudget = fixtureBudget({ leftPercent: -12, knownPercent: 50, recoversAt });
    api.operations.services.push(fixtureService({ service: 'pay', errorBudget }));
    expect(await verdigris('status', 'pay')).toBe(0);
    expect(output.stdout).toMatch(
      /budget +-12% of 28d left, the last release burnt 3\.1% \(50% of that time is known\); enough again at 2026-01-03T08:00:00\.000Z/,
    );
  });

  it('shows one service with its releases', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('status', 'storefront')).toBe(0);
    expect(output.stdout).toMatch(/owner +team-web/);
    expect(output.stdout).toMatch(/rel1 +v2 .* provisioning/);
  });

  it('shows one release with its timeline, and exits 0 however it ended', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    api.operations.releases.set('rel1', endedStatus('rolled-back'));
    expect(await verdigris('status', 'rel1')).toBe(0);
    expect(output.stdout).toMatch(/^storefront v2 over v1 {2}release rel1/);
    expect(output.stdout).toContain('↩ rolled back: because');
  });

  it.each([[[]], [['storefront']], [['rel1']]])(
    'prints one document with --json %j',
    async (args) => {
      const before = createCommandLine(api.url);
      const after = createCommandLine(api.url);
      await before.verdigris('--json', 'status', ...args);
      await after.verdigris('status', ...args, '--json');
      expect(before.json()).toEqual(after.json());
    },
  );

  it('says when there is neither a release nor a service of that name', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('status', 'nothing')).toBe(1);
    expect(output.stderr).toBe(
      'error ServiceUnknownError (VG120): there is neither a release nor a service named "nothing"\n',
    );
  });
});

describe('decisions', () => {
  it.each([
    [
      ['approve', 'rel1', '--reason', 'fine'],
      ['approve', 'rel1', 'ada', 'fine'],
      '1 of 2 approvals',
    ],
    [['reject', 'rel1'], ['reject', 'rel1', 'ada', null], 'rejected'],
    [['rollback', 'rel1', '--reason', 'slow'], ['rollback', 'rel1', 'ada', 'slow'], 'rolling back'],
    [['resume', 'rel1', '--continue'], ['resume', 'rel1', 'continue', 'ada', null], 'going on'],
    [['resume', 'rel1', '--rollback'], ['resume', 'rel1', 'rollback', 'ada', null], 'rolling back'],
    [['freeze', '*', '--reason', 'sale'], ['freeze', '*', 'sale', 'ada'], 'frozen'],
    [['unfreeze', 'storefront'], ['unfreeze', 'storefront', 'ada'], 'was not frozen'],
  ])('%j', async (args, call, text) => {
    const { verdigris, output } = createCommandLine(api.url);
    const asJson = createCommandLine(api.url);
    expect(await verdigris(...args)).toBe(0);
    expect(api.operations.calls).toEqual([call]);
    expect(output.stdout).toContain(text);
    expect(await asJson.verdigris(...args, '--json')).toBe(0);
    expect(asJson.json()).toBeTypeOf('object');
  });

  it('rolls back what a service released last', async () => {
    const { verdigris } = createCommandLine(api.url);
    expect(await verdigris('rollback', 'storefront')).toBe(0);
    expect(api.operations.calls.map(([name]) => name)).toEqual(['rollbackService']);
  });

  it.each(['approve', 'reject'])('lets people %s by the name of a service', async (decision) => {
    api.operations.services.splice(0, 1, fixtureService({ releaseId: 'rel1' }));
    const { verdigris } = createCommandLine(api.url);
    expect(await verdigris(decision, 'storefront', '--reason', 'fine')).toBe(0);
    expect(api.operations.calls.at(-1)).toEqual([decision, 'rel1', 'ada', 'fine']);
  });

  it('says when no release of the service waits, and when there is no such service', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('approve', 'storefront')).toBe(1);
    expect(output.stderr).toContain('ApprovalClosedError (VG206): no release of storefront runs');
    expect(await verdigris('approve', 'nothing')).toBe(1);
    expect(output.stderr).toContain('neither a release nor a service named "nothing"');
  });

  it('does not ask the service when the release could not be rolled back', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    api.operations.failNext('rollback', new VerdigrisError('NothingToRollBackError', 'gone'));
    expect(await verdigris('rollback', 'rel1')).toBe(1);
    expect(output.stderr).toContain('error NothingToRollBackError (VG204): gone');
    expect(api.operations.calls).toHaveLength(1);
  });

  it('sends the name in VERDIGRIS_ACTOR', async () => {
    const { verdigris, io } = createCommandLine(api.url);
    io.env = { ...io.env, VERDIGRIS_ACTOR: 'grace' };
    await verdigris('approve', 'rel1');
    expect(api.operations.calls).toEqual([['approve', 'rel1', 'grace', null]]);
  });
});

describe('verdigris freezes', () => {
  it('shows what is frozen, by whom and why', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    await api.operations.freeze('*', 'sale', 'ada');
    expect(await verdigris('freezes')).toBe(0);
    expect(output.stdout).toMatch(/^SCOPE +SINCE +BY +REASON\n\* +2026-\S+ +ada +sale\n$/);
  });

  it('says that nothing is', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('freezes')).toBe(0);
    expect(output.stdout).toBe('nothing is frozen\n');
  });
});

describe('verdigris apply', () => {
  const files = {
    'ok.yml': 'service: storefront\nowner: team',
    'ok.json': '{\n\t"service": "storefront",\n\t"owner": "team"\n}',
  };

  it.each(Object.entries(files))('sends %s to the conductor', async (name, text) => {
    const { verdigris, output, io } = createCommandLine(api.url);
    writeFileSync(join(io.cwd, name), text);
    expect(await verdigris('apply', name)).toBe(0);
    expect(output.stdout).toContain('storefront: manifest applied, revision 1');
    expect(api.operations.calls).toEqual([
      ['applyManifest', 'storefront', { service: 'storefront', owner: 'team' }, 'ada'],
    ]);
  });

  it.each([
    ['service: a\nchecks: [', /^error ManifestInvalidError \(VG101\): bad\.yml:2:10: /],
    ['service: a\nservice: b', /bad\.yml:2:1: Map keys must be unique/],
    ['{"service": "a",, }', /bad\.yml:1:\d+: /],
    ['just text', /bad\.yml: is no manifest/],
    ['', /bad\.yml: is no manifest/],
    ['owner: team', /bad\.yml: service: is missing/],
    ['service: a\nx: &x [*x]', /bad\.yml: has aliases that contain themselves/],
  ])('says what is wrong with %j and sends nothing', async (text, message) => {
    const { verdigris, output, io } = createCommandLine(api.url);
    writeFileSync(join(io.cwd, 'bad.yml'), text);
    expect(await verdigris('apply', 'bad.yml')).toBe(1);
    expect(output.stderr).toMatch(message);
    expect(api.operations.calls).toEqual([]);
  });

  it('names a file that is not there', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('apply', 'none.yml')).toBe(1);
    expect(output.stderr).toContain('none.yml: cannot be read (ENOENT)');
  });

  it('passes on what the conductor says about the manifest, line by line', async () => {
    const { verdigris, output, io } = createCommandLine(api.url);
    writeFileSync(join(io.cwd, 'ok.yml'), files['ok.yml']);
    const reasons = 'watch.windw: is not a known key\nrouter: is missing';
    api.operations.failNext('applyManifest', new VerdigrisError('ManifestInvalidError', reasons));
    expect(await verdigris('apply', 'ok.yml')).toBe(1);
    expect(output.stderr).toBe(`error ManifestInvalidError (VG101): ${reasons}\n`);
  });
});

describe('the connection', () => {
  it('asks whether the conductor is running when nobody answers', async () => {
    const { verdigris, output } = createCommandLine('http://127.0.0.1:1');
    expect(await verdigris('status')).toBe(1);
    expect(output.stderr).toContain('error ConnectionError: cannot reach http://127.0.0.1:1');
    expect(output.stderr).toContain('is `verdigris up` running at http://127.0.0.1:1?');
  });

  it('says where a token that was not accepted came from', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('status', '--token', 'wrong')).toBe(1);
    expect(output.stderr).toContain('error UnauthorizedError (VG110)');
    expect(output.stderr).toContain('the token from --token is not the one of');
    expect(output.stderr).not.toContain('wrong');
  });

  it('says when no token was found', async () => {
    const { verdigris, output } = createCommandLine(api.url, { env: { VERDIGRIS_URL: api.url } });
    expect(await verdigris('status')).toBe(1);
    expect(output.stderr).toContain('no token was found');
  });

  it('finds the token in a directory above', async () => {
    const { verdigris, io } = createCommandLine(api.url);
    const { VERDIGRIS_TOKEN: token, ...env } = io.env;
    mkdirSync(join(io.cwd, '.verdigris'));
    writeFileSync(join(io.cwd, '.verdigris/token'), `${token}\n`);
    mkdirSync(join(io.cwd, 'a/b'), { recursive: true });
    io.env = env;
    io.cwd = join(io.cwd, 'a/b');
    expect(await verdigris('status')).toBe(0);
  });

  it.each([
    [{ VERDIGRIS_TOKEN: '' }, [], 'VERDIGRIS_TOKEN is set, and empty'],
    [{}, ['--token', ' '], '--token is set, and empty'],
  ])('are not guessed where one was meant: %j %j', async (env, args, said) => {
    const { verdigris, output, io } = createCommandLine(api.url);
    io.env = { ...io.env, ...env };

    expect(await verdigris('status', ...args)).toBe(2);
    expect(output.stderr).toContain(said);
    expect(api.operations.calls).toEqual([]);
  });

  it('prefers --token to the environment, and the environment to the file', async () => {
    const { verdigris, io } = createCommandLine(api.url);
    const { VERDIGRIS_TOKEN: token = '', ...env } = io.env;
    mkdirSync(join(io.cwd, '.verdigris'));
    writeFileSync(join(io.cwd, '.verdigris/token'), 'from-file');
    expect(await verdigris('status')).toBe(0);
    io.env = { ...env, VERDIGRIS_TOKEN: 'from-environment' };
    expect(await verdigris('status', '--token', token)).toBe(0);
    expect(await verdigris('status')).toBe(1);
  });

  it('prefers --url to the environment', async () => {
    const { verdigris } = createCommandLine('http://127.0.0.1:1');
    expect(await verdigris('status', '--url', `${api.url}/`)).toBe(0);
  });

  it('says when something else answers there', async () => {
    const { verdigris, output, io } = createCommandLine(api.url);
    io.fetch = async () => new Response('<html>', { status: 200 });
    expect(await verdigris('status')).toBe(1);
    expect(output.stderr).toContain('is this the URL of a conductor?');
  });
});

describe('usage', () => {
  it.each([
    [[]],
    [['nothing']],
    [['release']],
    [['release', 'storefront']],
    [['release', 'storefront', '--artifact', 'a']],
    [['status', '--nothing']],
    [['status', 'a', 'b']],
    [['freeze', 'storefront']],
    [['resume', 'rel1']],
    [['resume', 'rel1', '--continue', '--rollback']],
    [['status', '--url', 'nonsense']],
    [['status', '--url', 'ftp://127.0.0.1']],
    [['status', '--token', 'tökén']],
  ])('exits 2 for %j, with a word on standard error only', async (args) => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris(...args)).toBe(2);
    expect(output.stderr).not.toBe('');
    expect(output.stdout).toBe('');
    expect(api.operations.calls).toEqual([]);
  });

  it.each([[['--help']], [['release', '--help']], [['help', 'release']]])(
    'helps with %j',
    async (args) => {
      const { verdigris, output } = createCommandLine(api.url);
      expect(await verdigris(...args)).toBe(0);
      expect(output.stdout).toContain('Usage: verdigris');
    },
  );

  it('tells its version', async () => {
    const { verdigris, output } = createCommandLine(api.url);
    expect(await verdigris('--version')).toBe(0);
    expect(output.stdout).toBe('0.0.0-test\n');
  });
});
