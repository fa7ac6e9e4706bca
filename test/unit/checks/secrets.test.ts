import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { checkContext } from '../../support/check-context.ts';
import { createFakeIam, type FakeStatement } from '../../support/fakes/iam.ts';
import { createFakeSecretStores } from '../../support/fakes/secret-stores.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
afterEach(stopAll);

const nowMs = Date.parse('2026-05-01T00:00:00Z');
const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/1234';
const read = { Action: 'secretsmanager:GetSecretValue', Resource: '*' };

/** One secret, one parameter, a function with a role that may read what its statements say. */
function prepare({
  secrets = { payments: {} } as Parameters<typeof createFakeSecretStores>[0],
  parameters = {} as Parameters<typeof createFakeSecretStores>[1],
  statements = [read] as FakeStatement[],
} = {}) {
  const stores = createFakeSecretStores(secrets, parameters);
  const fakeIam = createFakeIam({ shop: { inline: { own: statements } } });
  const role = fakeIam.arnOf('shop');
  const { secretsManager, parameters: parameterStore } = stores;
  const clock = { now: () => nowMs };
  const deps = {
    ...{ timers: realTimers, clock, secretsManager },
    ...{ parameters: parameterStore, iam: fakeIam.iam },
  };
  async function ask(
    config: object,
    facts: JsonObject = {},
    context: Partial<CheckContext> = {},
    given: object = deps,
  ) {
    const check = await createCheck(
      { kind: 'secrets', ...config },
      { timers: realTimers, ...given },
    );
    const describeOne = async () => ({ role, ...facts });
    const answer = await check.run(checkContext({ describe: describeOne, ...context }));
    if (answer.verdict === 'pending') throw new Error(`is said to wait: ${answer.summary}`);
    return answer;
  }
  return { ...stores, fakeIam, role, deps, ask };
}

describe('secrets that the manifest names', () => {
  it('pass when they are there and may be read, without a value being asked for', async () => {
    const { ask, secretCalls, arnOf } = prepare();
    const answer = await ask({ names: ['payments'] });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: '1 secret there and readable',
      evidence: { secrets: [{ path: 'names', id: 'payments', version: 'version-2' }] },
    });
    expect(secretCalls.commands()).toEqual(['DescribeSecret']);
    expect((await ask({ names: [arnOf('payments')] })).verdict).toBe('pass');
  });

  it.each([
    ['does not exist', {}, 'payments does not exist'],
    ['is on its way out', { payments: { DeletedDate: new Date(0) } }, 'is scheduled for deletion'],
    [
      'has no current version',
      { payments: { VersionIdsToStages: { a: ['AWSPENDING'] } } },
      'payments has no version AWSCURRENT',
    ],
  ])('fail when one %s', async (_, secrets, says) => {
    const { ask } = prepare({ secrets });
    const answer = await ask({ names: ['payments'] });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(says);
  });

  it.each([
    [
      'began and did not end',
      { VersionIdsToStages: { a: ['AWSCURRENT'], b: ['AWSPENDING'] } },
      'has a rotation that began and did not end',
    ],
    [
      'is overdue',
      { RotationEnabled: true, NextRotationDate: new Date(nowMs - 1) },
      'should have been rotated by 2026-04-30',
    ],
  ])('warn when a rotation %s', async (_, payments, says) => {
    const answer = await prepare({ secrets: { payments } }).ask({ names: ['payments'] });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain(says);
  });

  it('do not mind a rotation that is under way or to come', async () => {
    const payments = {
      ...{ RotationEnabled: true, NextRotationDate: new Date(nowMs + 1) },
      VersionIdsToStages: { a: ['AWSCURRENT', 'AWSPENDING'] },
    };
    expect((await prepare({ secrets: { payments } }).ask({ names: ['payments'] })).verdict).toBe(
      'pass',
    );
  });

  it('are looked up before there is a green', async () => {
    const { deps } = prepare();
    const preflight = async (names: string[]) => {
      const check = await createCheck({ kind: 'secrets', names }, deps);
      return check.preflight?.(checkContext());
    };
    expect(await preflight(['payments'])).toMatchObject({ summary: '1 secret there' });
    expect(await preflight(['mail'])).toMatchObject({ verdict: 'fail' });
    expect(await preflight([])).toBeUndefined();
  });

  it('can only be looked up on AWS', async () => {
    const answer = await prepare().ask({ names: ['payments'] }, {}, {}, {});
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('payments can be looked up on AWS only');
  });
});

describe('parameters', () => {
  const allowed = [{ Action: 'ssm:GetParameter', Resource: '*' }];

  it.each(['ssm:/shop/mode', 'arn:aws:ssm:eu-central-1:123456789012:parameter/shop/mode'])(
    'are found as %s',
    async (name) => {
      const { ask, parameterCalls } = prepare({
        parameters: { '/shop/mode': { Version: 4 } },
        statements: allowed,
      });
      expect(await ask({ names: [name] })).toMatchObject({
        verdict: 'pass',
        evidence: { secrets: [{ version: '4' }] },
      });
      expect(parameterCalls.commands()).toEqual(['DescribeParameters']);
    },
  );

  it('of one word are found with a slash before it and without', async () => {
    const arn = 'arn:aws:ssm:eu-central-1:123456789012:parameter/mode';
    for (const name of ['mode', '/mode']) {
      const { ask } = prepare({ parameters: { [name]: {} }, statements: allowed });
      expect((await ask({ names: [arn] })).verdict).toBe('pass');
    }
  });

  it('fail when they or their version are not there', async () => {
    const { ask } = prepare({ parameters: { '/mode': { Version: 2 } }, statements: allowed });
    const facts = { parameters: { Mode: '{{resolve:ssm:/mode:3}}' } };
    expect((await ask({ names: ['ssm:/other'] })).summary).toContain('/other does not exist');
    expect((await ask({}, facts)).summary).toContain('/mode has no version 3, only up to 2');
  });
});

describe("what green's facts name", () => {
  it('is read by whoever reads it: ECS before a container starts, what runs in it later', async () => {
    const { arnOf, fakeIam, ...rest } = prepare({ secrets: { payments: {}, mail: {} } });
    const facts = {
      executionRole: fakeIam.arnOf('shop'),
      taskRole: 'arn:aws:iam::123456789012:role/nobody',
      containers: {
        web: {
          secrets: { PAYMENTS_KEY: `${arnOf('payments')}:key::` },
          secretReferences: {},
        },
      },
    };
    expect((await rest.ask({}, facts)).verdict).toBe('pass');
    expect(fakeIam.calls[0]?.input).toMatchObject({ PolicySourceArn: fakeIam.arnOf('shop') });
    const other = { web: { secrets: {}, secretReferences: { MAIL: arnOf('mail') } } };
    const answer = await rest.ask({}, { ...facts, containers: other });
    expect(answer.summary).toContain('NoSuchEntity');
  });

  it('may be a plain name in ECS, which is a parameter, and is read by GetParameters', async () => {
    const statements = [{ Action: 'ssm:GetParameters', Resource: '*' }];
    const { ask, fakeIam } = prepare({ parameters: { 'shop-mode': {} }, statements });
    const facts = { containers: { web: { secrets: { MODE: 'shop-mode' } } } };
    expect((await ask({}, facts)).verdict).toBe('pass');
    expect(fakeIam.calls[0]?.input.ActionNames).toEqual(['ssm:GetParameters']);
  });

  it('is found with its stage and version', async () => {
    const { ask, arnOf } = prepare();
    const of = (rest: string) => ({ secretReferences: { KEY: `${arnOf('payments')}:${rest}` } });
    expect(await ask({}, of(':AWSPREVIOUS:'))).toMatchObject({
      evidence: { secrets: [{ version: 'version-1', path: 'secretReferences.KEY' }] },
    });
    expect((await ask({}, of('::version-2'))).verdict).toBe('pass');
    expect((await ask({}, of('::version-9'))).summary).toContain('has no version version-9');
  });

  it('is looked up once where several name it', async () => {
    const { ask, arnOf, secretCalls } = prepare();
    const references = { A: arnOf('payments'), B: arnOf('payments') };
    await ask({}, { secretReferences: references });
    expect(secretCalls.commands()).toEqual(['DescribeSecret']);
  });

  it('leaves a doubt where nobody knows its role, as with a stack', async () => {
    const { ask, arnOf, role } = prepare();
    const facts = { parameters: { Key: `{{resolve:secretsmanager:${arnOf('payments')}}}` } };
    const green = { ...checkContext().green, kind: 'cloudformation-stack' };
    const answer = await ask({}, facts, { green });
    expect(answer.verdict).toBe('warn');
    expect(answer.summary).toContain('name it in `role`');
    expect((await ask({ names: ['payments'], role }, {}, { green })).verdict).toBe('pass');
  });

  it('may be nothing', async () => {
    expect(await prepare().ask({})).toMatchObject({
      verdict: 'pass',
      summary: 'green names no secret',
    });
  });
});

describe('whether a role may read', () => {
  const of = (...statements: FakeStatement[]) => prepare({ statements });

  it.each([
    ['is not allowed to', [], 'fail', 'role shop may not read payments: allow it secretsmanager'],
    ['is denied', [read, { ...read, Effect: 'Deny' as const }], 'fail', 'which is denied'],
    [
      'is allowed on a condition that nobody can look at here',
      [{ ...read, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }],
      'warn',
      'unless aws:SourceVpc decides otherwise',
    ],
  ])('is told when it %s', async (_, statements, verdict, says) => {
    const answer = await of(...statements).ask({ names: ['payments'] });
    expect(answer.verdict).toBe(verdict);
    expect(answer.summary).toContain(says);
  });

  it.each([
    ['by its ARN', (role: string) => ({ Principal: { AWS: role } }), 'pass'],
    [
      'on a condition',
      (role: string) => ({ Principal: { AWS: role }, Condition: { Bool: { a: 'true' } } }),
      'warn',
    ],
    ['and not this one', () => ({ Principal: { AWS: 'arn:aws:iam::1:role/other' } }), 'fail'],
  ])("is also what the secret's own policy says, %s", async (_, make, verdict) => {
    const role = 'arn:aws:iam::123456789012:role/shop';
    const statement = { Effect: 'Allow', Resource: '*', ...make(role) };
    const Statement = [{ Action: 'secretsmanager:GetSecretValue', ...statement }];
    const { ask } = prepare({ secrets: { payments: { policy: { Statement } } }, statements: [] });
    expect((await ask({ names: ['payments'] })).verdict).toBe(verdict);
  });

  it("asks for the customer's key too, which its own policy may open as well", async () => {
    const secrets = { payments: { KmsKeyId: '1234' } };
    const denied = await prepare({ secrets }).ask({ names: ['payments'] });
    expect(denied.verdict).toBe('warn');
    expect(denied.summary).toContain(`kms:Decrypt on ${keyArn}, unless the key's own policy does`);
    const condition = { StringEquals: { 'kms:ViaService': 'secretsmanager.eu-central-1' } };
    const decrypt = { Action: 'kms:Decrypt', Resource: keyArn, Condition: condition };
    const allowed = prepare({ secrets, statements: [read, decrypt] });
    expect((await allowed.ask({ names: ['payments'] })).verdict).toBe('pass');
  });

  it("does not ask for AWS's own keys, nor for an alias, which is no key by name", async () => {
    for (const KmsKeyId of ['alias/aws/secretsmanager', 'alias/mine']) {
      const { ask, fakeIam } = prepare({ secrets: { payments: { KmsKeyId } } });
      expect((await ask({ names: ['payments'] })).verdict).toBe('pass');
      expect(fakeIam.calls.flatMap(({ input }) => input.ActionNames)).not.toContain('kms:Decrypt');
    }
  });

  it('is not asked where the manifest says so', async () => {
    const { ask, fakeIam } = of();
    expect((await ask({ names: ['payments'], access: false })).verdict).toBe('pass');
    expect(fakeIam.commands()).toEqual([]);
  });

  it('names the action and the parameter when IAM may not be asked', async () => {
    const { ask, fakeIam } = of(read);
    fakeIam.failNext('SimulatePrincipalPolicy', 'AccessDenied');
    const { verdict, summary } = await ask({ names: ['payments'] });
    expect(verdict).toBe('fail');
    expect(summary).toContain('allow iam:SimulatePrincipalPolicy to the role of this function');
    expect(summary).toContain('its parameter is targetRoles');
  });

  it('names the action when a secret may not be looked at, and goes on with the others', async () => {
    const { ask, secretCalls } = prepare({ secrets: { payments: {}, mail: {} } });
    secretCalls.failNext('DescribeSecret', 'AccessDeniedException');
    const { verdict, summary, evidence } = await ask({ names: ['payments', 'mail'] });
    expect(verdict).toBe('fail');
    expect(summary).toContain('allow secretsmanager:DescribeSecret');
    expect(evidence.secrets).toMatchObject([{ version: null }, { version: 'version-2' }]);
  });

  it('is asked again later when AWS is busy', async () => {
    const { deps, secretCalls } = of(read);
    secretCalls.failNext('DescribeSecret', 'ThrottlingException');
    const check = await createCheck({ kind: 'secrets', names: ['payments'] }, deps);
    await expect(check.run(checkContext())).rejects.toMatchObject({ name: 'ThrottledError' });
  });

  it('tells failures before doubts', async () => {
    const payments = { VersionIdsToStages: { a: ['AWSCURRENT'], b: ['AWSPENDING'] } };
    const { summary } = await prepare({ secrets: { payments } }).ask({
      names: ['payments', 'mail'],
    });
    expect(summary).toMatch(/^mail does not exist; payments has a rotation/);
  });
});

describe('variables', () => {
  const facts = {
    variables: ['PAYMENTS_KEY', 'EMPTY', 'PATH'],
    emptyVariables: ['EMPTY', 'PATH'],
    inheritedVariables: ['PATH', 'HOME'],
  };

  it('pass where they are set, by the manifest or by what it inherits', async () => {
    const answer = await prepare().ask({ variables: ['PAYMENTS_KEY', 'HOME'] }, facts);
    expect(answer).toMatchObject({ verdict: 'pass', summary: '2 variables set' });
  });

  it.each([
    ['TAX_KEY', 'variable TAX_KEY is not set on green'],
    ['EMPTY', 'variable EMPTY is empty on green'],
    ['PATH', 'variable PATH is empty on green'],
  ])('fail where %s has no value', async (name, says) => {
    const answer = await prepare().ask({ variables: [name] }, facts);
    expect(answer).toMatchObject({ verdict: 'fail', summary: says });
  });

  it('are those of any container, secrets included', async () => {
    const { ask, arnOf, role } = prepare();
    const web = { variables: ['MODE'], secrets: { PAYMENTS_KEY: arnOf('payments') } };
    const containers = { web, logs: { variables: [], secrets: {} } };
    const answer = await ask(
      { variables: ['MODE', 'PAYMENTS_KEY'] },
      { executionRole: role, containers },
    );
    expect(answer.verdict).toBe('pass');
  });
});

describe("green's own word", () => {
  const token = 'swordfish-swordfish';
  const context = (address: string) => ({
    green: { ...checkContext().green, address },
    secret: async (name: string) => {
      if (name === 'probe-token') return token;
      throw new Error(`there is no secret ${name}`);
    },
  });
  const names = ['PAYMENTS_KEY'];
  const config = { probe: { path: '/internal/secrets', secret: 'probe-token', names } };

  const answering = (body: unknown, status = 200) =>
    serve((request, response) => {
      const isOpen = request.headers['x-probe-token'] === token;
      response.statusCode = isOpen ? status : 401;
      response.end(isOpen ? JSON.stringify(body) : '{}');
    });

  it('passes when all is readable', async () => {
    const address = await answering({ PAYMENTS_KEY: 'readable', MAIL_KEY: true });
    const answer = await prepare().ask(config, {}, context(address));
    expect(answer).toMatchObject({
      ...{ verdict: 'pass', summary: "2 names readable by green's own word" },
      evidence: { probe: { PAYMENTS_KEY: 'readable' } },
    });
  });

  it.each([
    [{ PAYMENTS_KEY: 'missing' }, 'green says that PAYMENTS_KEY is missing'],
    [{ PAYMENTS_KEY: false }, 'green says that PAYMENTS_KEY is missing'],
    [['PAYMENTS_KEY'], '/internal/secrets does not answer with an object of names'],
    ['no', '/internal/secrets does not answer with an object of names'],
  ])('fails with %j', async (body, says) => {
    const answer = await prepare().ask(config, {}, context(await answering(body)));
    expect(answer).toMatchObject({ verdict: 'fail', summary: says });
  });

  it('does not repeat what an answer says in place of a state: it may be the secret', async () => {
    const address = await answering({ PAYMENTS_KEY: 'sk_live_123' });
    const answer = await prepare().ask(config, {}, context(address));
    expect(answer.summary).toBe('green says that PAYMENTS_KEY is unclear');
    expect(JSON.stringify(answer)).not.toMatch(/sk_live|swordfish/);
  });

  it('does not repeat names that nobody asked for, which may be secrets too', async () => {
    const body = { PAYMENTS_KEY: true, sk_live_123: 'missing', swordfish: 'readable' };
    const answer = await prepare().ask(config, {}, context(await answering(body)));
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: 'green says that 1 name that probe.names does not have is not readable',
    });
    expect(JSON.stringify(answer)).not.toMatch(/sk_live|swordfish/);
  });

  it('fails where a name is not in the answer', async () => {
    const names = ['PAYMENTS_KEY', 'TAX_KEY'];
    const address = await answering({ PAYMENTS_KEY: 'readable' });
    const answer = await prepare().ask({ probe: { ...config.probe, names } }, {}, context(address));
    expect(answer.summary).toBe('/internal/secrets does not know TAX_KEY');
  });

  it.each([
    [{ path: '/internal/secrets' }, 'answers 401 instead of 200; name one in probe.secret'],
    [
      { ...config.probe, header: 'x-other' },
      'answers 401 instead of 200; look at the secret probe-token',
    ],
  ])('says why it was refused: %j', async (probe, says) => {
    const answer = await prepare().ask({ probe }, {}, context(await answering({})));
    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toContain(says);
  });

  it('fails where there is nobody to ask', async () => {
    const { ask } = prepare();
    expect((await ask(config)).summary).toBe('green has no address to ask for its secrets');
    const gone = await ask(config, {}, context('http://127.0.0.1:1'));
    expect(gone.summary).toContain('/internal/secrets gave no answer');
  });
});
