import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckContext } from '../../../lib/checks/check.ts';
import { createCheck } from '../../../lib/checks/index.ts';
import type { Ec2Api, LambdaApi } from '../../../lib/checks/security.ts';
import type { JsonObject } from '../../../lib/release/json.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { selfSigned } from '../../support/certificate.ts';
import { checkContext } from '../../support/check-context.ts';
import { awsError, createFakeClient } from '../../support/fakes/aws-client.ts';
import { createFakeIam, type FakeRole } from '../../support/fakes/iam.ts';
import { createServers } from '../../support/serve.ts';
import { realTimers } from '../environments/process-harness.ts';

const { serve, stopAll } = createServers();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) server.close();
  await stopAll();
});

const ref = (id: string, address: string | null = null, rest: object = {}) => ({
  ...{ id, kind: 'fake', version: '1', address, attributes: {} },
  ...rest,
});

interface Asked {
  config?: object;
  blue?: CheckContext['blue'];
  green?: CheckContext['green'];
  facts?: { blue?: JsonObject; green?: JsonObject };
  deps?: object;
  context?: Partial<CheckContext>;
}

async function ask({ config = {}, facts = {}, deps = {}, context = {}, ...sides }: Asked) {
  const { blue = ref('shop-1'), green = ref('shop-2') } = sides;
  const check = await createCheck({ kind: 'security', ...config }, { timers: realTimers, ...deps });
  const describeOne: CheckContext['describe'] = async ({ id }) =>
    (id === green.id ? facts.green : facts.blue) ?? {};
  const answer = await check.run(checkContext({ blue, green, describe: describeOne, ...context }));
  if (answer.verdict === 'pending') throw new Error(`is said to wait: ${answer.summary}`);
  return answer;
}

/** Both sides as servers. */
async function askServers(
  blue: RequestListener,
  green: RequestListener,
  asked: Pick<Asked, 'config' | 'context'> = {},
) {
  const [first, second] = await Promise.all([serve(blue), serve(green)]);
  return ask({ blue: ref('shop-1', first), green: ref('shop-2', second), ...asked });
}

const safe: RequestListener = (request, response) => {
  response.setHeader('content-security-policy', "default-src 'self'");
  if (request.method === 'POST') response.setHeader('set-cookie', 'session=1; HttpOnly');
  response.end('{}');
};
const bare: RequestListener = (_, response) => response.end('{}');

describe('headers and cookies of both sides', () => {
  it('pass where green is as safe', async () => {
    expect(await askServers(safe, safe)).toMatchObject({
      ...{ verdict: 'pass', summary: 'nothing is weaker than on blue, headers of 1 request' },
      evidence: { blue: 'shop-1', green: 'shop-2', findings: [], allowed: [] },
    });
  });

  it('fail where a header is gone, once for all requests', async () => {
    const requests = [{ path: '/' }, { path: '/products' }];
    const answer = await askServers(safe, bare, { config: { requests } });
    expect(answer).toMatchObject({
      ...{ verdict: 'fail', summary: 'content-security-policy is gone (GET /)' },
      evidence: { findings: [{ path: 'headers.content-security-policy' }] },
    });
  });

  it('pass where that is allowed, and say so', async () => {
    const config = { allow: ['headers.content-*', 'tls'] };
    expect(await askServers(safe, bare, { config })).toMatchObject({
      verdict: 'pass',
      summary: expect.stringContaining('1 weaker and allowed to be'),
      evidence: { allowedInVain: ['tls'] },
    });
  });

  it('are also those of a request with a body, which is not sent to a green with users', async () => {
    const bodies: string[] = [];
    const listen =
      (how: string): RequestListener =>
      async (request, response) => {
        bodies.push(Buffer.concat(await request.toArray()).toString());
        response.setHeader('set-cookie', `session=1${how}`);
        response.end();
      };
    const requests = [{ path: '/login', method: 'POST', body: '{"user":"ada"}' }];
    const config = { requests, look: ['headers'], writesOnBlue: true };
    const answer = await askServers(listen('; HttpOnly'), listen(''), { config });
    expect(answer.summary).toBe('cookie session is no longer HttpOnly (POST /login)');
    expect(bodies).toEqual(['{"user":"ada"}', '{"user":"ada"}']);
    bodies.length = 0;
    const live = await askServers(listen('; HttpOnly'), listen(''), {
      ...{ config, context: { isLive: true } },
    });
    expect(bodies).toEqual([]);
    expect(live.summary).toContain('1 request left out, as green is live');
  });

  const setting =
    (cookie: string, asked: string[], status = 200): RequestListener =>
    ({ method = '' }, response) => {
      asked.push(method);
      response.writeHead(status, { 'set-cookie': cookie }).end();
    };

  it.each([
    ['session=1; HttpOnly', undefined, 200, 'pass', 'cookies of 1 request to green alone'],
    ['session=1', undefined, 200, 'fail', 'cookie session has no HttpOnly (POST /login)'],
    ['session=1; HttpOnly', ['Secure'], 200, 'fail', 'cookie session has no Secure'],
    ['session=1', [], 200, 'pass', 'to green alone'],
    ['session=1; HttpOnly', undefined, 503, 'fail', 'POST /login is answered 503 on green'],
    ['session=1; HttpOnly', undefined, 404, 'warn', 'POST /login is answered 404: nobody saw'],
  ])(
    '%s with %j and %d are looked at on green alone',
    async (cookie, must, status, verdict, told) => {
      const onBlue: string[] = [];
      const onGreen: string[] = [];
      const config = {
        ...{ look: ['headers'], requests: [{ path: '/login', method: 'POST' }] },
        ...(must ? { cookiesMustHave: must } : {}),
      };
      const [blue, green] = [setting('', onBlue), setting(cookie, onGreen, status)];
      const answer = await askServers(blue, green, { config });
      expect([onBlue, onGreen]).toEqual([[], ['POST']]);
      expect(answer.verdict).toBe(verdict);
      expect(answer.summary).toContain(told);
    },
  );

  it('find what strangers may read', async () => {
    const shares: RequestListener = (request, response) => {
      const { origin } = request.headers;
      if (origin) response.setHeader('access-control-allow-origin', origin);
      response.end();
    };
    const { summary } = await askServers(bare, shares);
    expect(summary).toContain('any page may read answers of green without cookies');
  });

  const answering =
    (status: number): RequestListener =>
    (request, response) => {
      response.statusCode = status;
      safe(request, response);
    };

  it.each([
    [200, 503, 'fail', 'GET / is answered 503 on green'],
    [503, 503, 'fail', 'GET / is answered 503 on green'],
    [200, 404, 'fail', 'GET / is answered 404 on green, 200 on blue'],
    [302, 200, 'fail', 'GET / is answered 200 on green, 302 on blue'],
    [500, 200, 'warn', 'GET / is answered 500 on blue: nothing to compare with'],
    [200, 204, 'pass', 'nothing is weaker than on blue'],
    [404, 404, 'pass', 'nothing is weaker than on blue'],
  ])('with %d on blue and %d on green %s', async (blue, green, verdict, told) => {
    const answer = await askServers(answering(blue), answering(green));
    expect(answer.verdict).toBe(verdict);
    expect(answer.summary).toContain(told);
  });

  it('fail where green breaks on the page of a stranger', async () => {
    const breaks: RequestListener = (request, response) =>
      answering(request.headers.origin ? 500 : 200)(request, response);
    const answer = await askServers(safe, breaks);
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain('GET / is answered 500 on green');
  });

  it('only warn of a version in `server`', async () => {
    const tells: RequestListener = (_, response) =>
      response.setHeader('server', 'shop/1.2.3').end();
    expect((await askServers(bare, tells)).verdict).toBe('warn');
  });

  it.each(['blue', 'green'])('say when %s gives no answer', async (side) => {
    const address = await serve(bare);
    const gone = `http://127.0.0.1:${await freePort()}`;
    const answer = await ask({
      blue: ref('shop-1', side === 'blue' ? gone : address),
      green: ref('shop-2', side === 'green' ? gone : address),
    });
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(`GET / gave no answer on ${side}: the connection was refused`);
  });
});

describe('paths that have to be refused', () => {
  const config = { mustBeRefused: ['/internal/secrets'], look: ['headers'] };
  const answering =
    (status: number): RequestListener =>
    (request, response) => {
      response.statusCode = request.url === '/' ? 200 : status;
      response.end();
    };

  it.each([401, 403, 404, 302])('pass with %d', async (status) => {
    const answer = await askServers(bare, answering(status), { config });
    expect(answer).toMatchObject({ verdict: 'pass' });
    expect(answer.summary).toContain('1 shut path');
  });

  it.each([200, 204, 400, 500])('fail with %d', async (status) => {
    const answer = await askServers(bare, answering(status), { config });
    expect(answer).toMatchObject({
      verdict: 'fail',
      summary: `GET /internal/secrets is answered ${status} to anybody, not refused`,
    });
  });

  it('are asked for on a first release, too, and with another method', async () => {
    const green = ref('shop-2', await serve(answering(200)));
    const mustBeRefused = [{ path: '/admin', method: 'DELETE' }];
    const answer = await ask({ green, config: { mustBeRefused }, context: { blue: null } });
    expect(answer.summary).toContain('DELETE /admin is answered 200');
  });

  it('are left alone on a green with users where they could change something', async () => {
    const methods: string[] = [];
    const counts: RequestListener = (request, response) => {
      methods.push(request.method ?? '');
      response.statusCode = 401;
      response.end();
    };
    const mustBeRefused = ['/admin', { path: '/admin', method: 'DELETE' }];
    const green = ref('shop-2', await serve(counts));
    const context = { blue: null, isLive: true };
    const { summary } = await ask({ green, config: { mustBeRefused }, context });
    expect(methods).toEqual(['GET']);
    expect(summary).toContain('1 shut path, 1 request left out, as green is live');
  });

  it('can not be looked at without an address', async () => {
    const answer = await ask({ config });
    expect(answer).toMatchObject({ verdict: 'fail' });
    expect(answer.summary).toBe('green has no address at which it could refuse anything');
  });
});

describe('TLS', () => {
  async function serveTls(options: TlsOptions = {}) {
    const server = createServer({ ...selfSigned, ...options }, (socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    }).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    return `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  }
  const clock = { now: () => Date.parse('2030-01-01T00:00:00Z') };
  const look = async (blue: string | null, green: string, tls = {}, nowMs = clock.now()) =>
    ask({
      ...{ config: { look: ['tls'], tls }, deps: { clock: { now: () => nowMs } } },
      ...{ blue: ref('shop-1', blue), green: ref('shop-2', green) },
    });

  it('passes where green is like blue, with what both showed', async () => {
    const answer = await look(await serveTls(), await serveTls());
    expect(answer).toMatchObject({
      ...{ verdict: 'pass', summary: 'nothing is weaker than on blue, TLS' },
      evidence: { tls: { green: { protocol: 'TLSv1.3', daysLeft: 32871 } } },
    });
  });

  it('fails with an older protocol than blue has, and with one below the least', async () => {
    const old = await serveTls({ maxVersion: 'TLSv1.2' });
    expect((await look(await serveTls(), old)).summary).toBe('green speaks TLSv1.2, blue TLSv1.3');
    expect((await look(old, old, { minimum: 'TLSv1.3' })).summary).toBe(
      'green speaks TLSv1.2, and TLSv1.3 is the least',
    );
  });

  it('fails with a certificate that nobody trusts, unless blue has the same', async () => {
    const { verdict, summary } = await look(null, await serveTls());
    expect(verdict).toBe('fail');
    expect(summary).toContain("green's certificate is not to be trusted: DEPTH_ZERO_SELF_SIGNED");
  });

  it.each([
    [-86_400_000 * 10, 'warn', "green's certificate expires in 10 days"],
    [86_400_000, 'fail', "green's certificate has expired"],
    [-86_400_000 * 15, 'pass', 'nothing is weaker'],
  ])('looks at how long a certificate is valid: %d ms from its end', async (ms, verdict, says) => {
    const address = await serveTls();
    const answer = await look(address, address, {}, Date.parse(selfSigned.validUntil) + ms);
    expect(answer.verdict).toBe(verdict);
    expect(answer.summary).toContain(says);
  });

  it('fails where blue has it and green not', async () => {
    const answer = await look(await serveTls(), await serve(bare));
    expect(answer.summary).toBe("green's address is http, blue's is https");
  });

  it('fails where something else answers, and says which address', async () => {
    const server = createPlainServer((socket) => socket.end('no')).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    const address = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
    const answer = await look(await serveTls(), address);
    expect(answer.verdict).toBe('fail');
    expect(answer.summary).toContain(`no TLS with green or blue: ${address}: `);
  });

  it('comes to an end when the time is up', async () => {
    const server = createPlainServer(() => {}).listen(0, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    const address = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
    const abort = new AbortController();
    const asking = ask({
      ...{ config: { look: ['tls'] }, blue: ref('shop-1', address), green: ref('shop-2', address) },
      context: { abort: abort.signal },
    });
    setTimeout(() => abort.abort(), 50);
    expect((await asking).summary).toContain('the time was up');
  });
});

describe('permissions', () => {
  const get = { Action: 's3:GetObject', Resource: 'arn:aws:s3:::shop/*' };
  const put = { Action: 's3:PutObject', Resource: 'arn:aws:s3:::shop/*' };

  async function compare(
    roles: Record<string, FakeRole>,
    facts: Asked['facts'] = { blue: { role: 'one' }, green: { role: 'two' } },
    { iam, ...rest } = createFakeIam(roles, { profile1: 'one', profile2: 'two' }),
  ) {
    const answer = await ask({ facts, config: { look: ['permissions'] }, deps: { iam } });
    return { ...answer, commands: rest.commands };
  }

  it('pass where green has as few, in whichever policies', async () => {
    const answer = await compare({
      one: { inline: { a: [get], b: [put] } },
      two: { attached: { 'arn:aws:iam::aws:policy/a': [put], 'arn:aws:iam::1:policy/b': [get] } },
    });
    expect(answer.summary).toBe('nothing is weaker than on blue, 1 role');
  });

  it('fail where green may more, and say what', async () => {
    const { verdict, summary } = await compare({
      one: { inline: { a: [get] } },
      two: { inline: { a: [get], b: [put] } },
    });
    expect(verdict).toBe('fail');
    expect(summary).toBe("role two may s3:PutObject on arn:aws:s3:::shop/*, unlike blue's");
  });

  it('fail where a denial or a boundary is gone, or somebody else may take a role on', async () => {
    const trust = (Service: string) => [{ Action: 'sts:AssumeRole', Principal: { Service } }];
    const { evidence } = await compare({
      one: {
        inline: { a: [get, { ...get, Effect: 'Deny', Resource: 'arn:aws:s3:::shop/private/*' }] },
        boundary: 'arn:aws:iam::1:policy/most',
        trust: trust('lambda.amazonaws.com'),
      },
      two: { inline: { a: [get] }, trust: trust('ec2.amazonaws.com') },
    });
    expect(evidence).toMatchObject({
      findings: [
        { says: 'role two is no longer denied s3:GetObject on arn:aws:s3:::shop/private/*' },
        { says: 'role two may be taken on by service:ec2.amazonaws.com' },
        { says: "role two is bounded by nothing, unlike blue's" },
      ],
    });
  });

  it('are not even read where both have the same role', async () => {
    const facts = {
      blue: { role: 'arn:aws:iam::1:role/one' },
      green: { role: 'arn:aws:iam::1:role/one' },
    };
    const { verdict, commands } = await compare({}, facts);
    expect([verdict, commands()]).toEqual(['pass', []]);
  });

  it('compare each role with the one in its place, and a new one with all', async () => {
    const roles = { read: { inline: { a: [get] } }, write: { inline: { a: [put] } } };
    const facts = {
      blue: { taskRole: 'read', executionRole: 'write' },
      green: { taskRole: 'write', executionRole: 'write' },
    };
    expect((await compare(roles, facts)).summary).toContain('role write may s3:PutObject');
    const stacks = {
      blue: { role: 'cloudformation', roles: { A: 'read', B: 'write' } },
      green: { role: 'other', roles: { A: 'read', B: 'write', C: 'both' } },
    };
    const both = { ...roles, both: { inline: { a: [get, put] } } };
    expect((await compare(both, stacks)).verdict).toBe('pass');
  });

  it('are those of an instance profile', async () => {
    const launch = (instanceProfile: string) => ({ launch: { instanceProfile } });
    const facts = {
      blue: launch('profile1'),
      green: launch('arn:aws:iam::1:instance-profile/profile2'),
    };
    const answer = await compare({ one: {}, two: { inline: { a: [get] } } }, facts);
    expect(answer.summary).toContain('role two may s3:GetObject');
  });

  it('do not differ by the names that a stack gives', async () => {
    const table = (stack: string, suffix: string) => ({
      Action: 'dynamodb:GetItem',
      Resource: `arn:aws:dynamodb:eu-central-1:1:table/${stack}-Orders-${suffix}`,
    });
    const answer = await compare({
      one: { inline: { a: [table('shop-1', '1ABCDEFGHIJKL')] } },
      two: { inline: { a: [table('shop-2', 'ZYXWVUTSRQPO')] } },
    });
    expect(answer.verdict).toBe('pass');
  });

  it('name action and parameter where IAM may not be asked', async () => {
    const fake = createFakeIam({ one: {}, two: {} });
    fake.failNext('GetRole', 'AccessDenied');
    const { verdict, summary } = await compare({}, undefined, fake);
    expect(verdict).toBe('fail');
    expect(summary).toContain('allow iam:GetRole to the role of this function');
    expect(summary).toContain('docs/iam.md), or leave permissions out of `look`');
  });

  it('are looked at later when AWS is busy', async () => {
    const fake = createFakeIam({ one: {}, two: {} });
    fake.failNext('GetRole', 'Throttling');
    await expect(compare({}, undefined, fake)).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});

describe('what the world can reach', () => {
  const config = { look: ['exposure'] };

  it.each([
    [['127.0.0.1:1'], ['127.0.0.1:2'], 'pass', 'listeners'],
    [['127.0.0.1:1'], ['127.0.0.1:2', '[::1]:3'], 'pass', 'listeners'],
    [['0.0.0.0:1'], ['0.0.0.0:2'], 'pass', 'listeners'],
    [
      ['127.0.0.1:1'],
      ['127.0.0.1:2', '0.0.0.0:9229'],
      'fail',
      'green takes connections on 0.0.0.0:9229',
    ],
    [['127.0.0.1:1'], ['[::]:2'], 'fail', 'green takes connections on [::]:2'],
  ])('of processes: %j, then %j: %s', async (blue, green, verdict, says) => {
    const facts = { blue: { listeners: blue }, green: { listeners: green } };
    const answer = await ask({ config, facts });
    expect(answer.verdict).toBe(verdict);
    expect(answer.summary).toContain(says);
  });

  it('is public addresses', async () => {
    const of = (assignsPublicIp: boolean) => ({ launch: { assignsPublicIp } });
    const answer = await ask({ config, facts: { blue: of(false), green: of(true) } });
    expect(answer.summary).toBe('green gets public addresses, which blue has not');
    const same = await ask({ config, facts: { blue: of(true), green: of(true) } });
    expect(same.verdict).toBe('pass');
  });

  it('is ports that a security group opens to the internet', async () => {
    const openTo = (CidrIp: string, port: number) => ({
      ...{ IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] },
    });
    const groups: Record<string, object[]> = {
      'sg-blue': [openTo('0.0.0.0/0', 443), openTo('10.0.0.0/8', 22)],
      'sg-green': [
        openTo('0.0.0.0/0', 443),
        { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      ],
    };
    const { send, faults } = createFakeClient('EC2', {
      DescribeSecurityGroups: ({ GroupIds }) => ({
        SecurityGroups: (GroupIds as string[]).map((GroupId) => ({
          ...{ GroupId, IpPermissions: groups[GroupId] },
        })),
      }),
    });
    const facts = {
      blue: { securityGroups: ['sg-blue'] },
      green: { securityGroups: { Web: 'sg-green' } },
    };
    const deps = { ec2: { send } as unknown as Ec2Api };
    const answer = await ask({ config, facts, deps });
    expect(answer.summary).toBe('security group sg-green lets the whole internet in on every port');
    const same = { blue: facts.green, green: facts.green };
    expect((await ask({ config, facts: same, deps })).verdict).toBe('pass');
    expect(faults.calls).toHaveLength(2);
    faults.failNext('DescribeSecurityGroups', 'UnauthorizedOperation');
    const { summary } = await ask({ config, facts, deps });
    expect(summary).toContain('allow ec2:DescribeSecurityGroups');
    expect(summary).toContain('leave exposure out of `look`');
  });

  function lambdaOf(policies: Record<string, object[]>, urls: Record<string, string> = {}) {
    const missing = () => {
      throw awsError('ResourceNotFoundException', 'there is none', 404);
    };
    const { send } = createFakeClient('Lambda', {
      GetPolicy({ FunctionName, Qualifier }) {
        const found = policies[[FunctionName, Qualifier].filter(Boolean).join(':')];
        return found ? { Policy: JSON.stringify({ Statement: found }) } : missing();
      },
      GetFunctionUrlConfig: ({ FunctionName }) =>
        urls[String(FunctionName)] ? { AuthType: urls[String(FunctionName)] } : missing(),
    });
    return { lambda: { send } as unknown as LambdaApi };
  }
  const everybody = { Effect: 'Allow', Principal: '*', Action: 'lambda:InvokeFunction' };

  it('is a version of a function that everybody may call', async () => {
    const version = (id: string) => ({
      ...ref(id),
      ...{ kind: 'lambda-version', attributes: { functionName: 'shop' } },
    });
    const sides = { config, blue: version('1'), green: version('2') };
    const open = await ask({ ...sides, deps: lambdaOf({ 'shop:2': [everybody] }) });
    expect(open.summary).toBe('the policy of shop allows lambda:InvokeFunction to everybody');
    const same = lambdaOf({ 'shop:1': [everybody], 'shop:2': [everybody] });
    expect((await ask({ ...sides, deps: same })).verdict).toBe('pass');
  });

  it("is a function's URL in a stack", async () => {
    const facts = { blue: { functions: { Api: 'one' } }, green: { functions: { Api: 'two' } } };
    const open = await ask({ config, facts, deps: lambdaOf({}, { one: 'AWS_IAM', two: 'NONE' }) });
    expect(open.summary).toBe('two has a URL that asks nobody who they are');
    const same = await ask({ config, facts, deps: lambdaOf({}, { one: 'NONE', two: 'NONE' }) });
    expect(same.verdict).toBe('pass');
  });
});

describe('where there is nothing to look at', () => {
  it('nobody is vouched for', async () => {
    expect(await ask({})).toMatchObject({
      verdict: 'fail',
      summary: expect.stringContaining('nothing of green could be looked at'),
    });
  });

  it('a first release passes, as there is no blue', async () => {
    const answer = await ask({ context: { blue: null } });
    expect(answer).toMatchObject({
      verdict: 'pass',
      summary: 'there is no blue to compare with',
    });
  });
});
