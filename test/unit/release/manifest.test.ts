import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { manifestJsonSchema } from '../../../lib/platform/manifest-schema.ts';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { manifestLimitBytes, parseManifest } from '../../../lib/release/manifest.ts';
import { planRelease } from '../../../lib/release/plan.ts';

const minimal = {
  service: 'storefront',
  environment: { kind: 'process', command: 'node server.mjs' },
  router: { kind: 'local-proxy', port: 8080 },
};

const parse = (changes: object) => parseManifest({ ...minimal, ...changes }, manifestKinds);

/** The lines of the refusal. */
function refusal(source: unknown): string[] {
  try {
    parseManifest(source, manifestKinds);
  } catch (error) {
    expect(error).toBeInstanceOf(VerdigrisError);
    expect((error as VerdigrisError).name).toBe('ManifestInvalidError');
    return (error as VerdigrisError).message.split('\n');
  }
  throw new Error('the manifest was accepted');
}

describe('a manifest', () => {
  it('needs only service, environment and router; the rest has defaults', () => {
    expect(planRelease(parse({}))).toMatchObject({
      steps: [{ weightPercent: 100, windowSeconds: 1800 }],
      approval: { isRequired: false },
      watch: { intervalSeconds: 60, alreadyFiring: 'refuse', minRequests: 100 },
      onBreach: 'rollback',
      retainSeconds: 86_400,
    });
  });

  it('reads durations, multipliers and weights', () => {
    const plan = planRelease(
      parse({
        cutover: { steps: [{ weight: 5, bake: '10m' }, 50, 100] },
        watch: {
          window: '1.5h',
          interval: '90s',
          warmUp: '2m',
          compare: { errorRate: { max: '1.5x' } },
        },
        retain: '7d',
      }),
    );
    expect(plan.steps).toEqual([
      { weightPercent: 5, windowSeconds: 600 },
      { weightPercent: 50, windowSeconds: 5400 },
      { weightPercent: 100, windowSeconds: 5400 },
    ]);
    expect(plan.watch.compare).toEqual({ errorRate: { maxRatio: 1.5 } });
    expect(plan.watch.warmUpSeconds).toBe(120);
    expect(plan.retainSeconds).toBe(604_800);
  });

  it('keeps the part of an adapter as it was written, for the adapter to read', () => {
    const router = { kind: 'local-proxy', port: 8080, drain: '5s' };
    expect(planRelease(parse({ router })).router).toEqual(router);
  });

  it('means an approval when there is an approval part', () => {
    expect(planRelease(parse({ approval: { count: 2 } })).approval).toEqual({
      isRequired: true,
      count: 2,
      hasSeparateDuties: false,
      expiresInSeconds: 7200,
    });
  });

  it('gives checks without a name one of their own', () => {
    const checks = [
      { kind: 'http', path: '/a' },
      { kind: 'http', path: '/b' },
    ];
    expect(parse({ checks }).checks.map((check) => check.name)).toEqual(['http-1', 'http-2']);
  });
});

describe('a manifest that is wrong is refused with path, reason and what would be right', () => {
  it.each<[string, object, string]>([
    ['an unknown key', { wathc: {} }, 'wathc: is not a known key; did you mean "watch"?'],
    [
      'an unknown key inside',
      { watch: { windw: '3m' } },
      'watch.windw: is not a known key; did you mean "window"?',
    ],
    [
      'a key of an adapter',
      { router: { kind: 'local-proxy', port: 1, hots: 'a' } },
      'router.hots: is not a known key; did you mean "host"?',
    ],
    [
      'a key of a cutover step',
      { cutover: { steps: [{ weight: 5, bak: '1m' }, 100] } },
      'cutover.steps[0].bak: is not a known key; did you mean "bake"?',
    ],
    [
      'a metric that does not exist',
      { watch: { compare: { errorRat: { max: '2x' } } } },
      'watch.compare.errorRat: is not a known key; did you mean "errorRate"?',
    ],
    [
      'an unknown kind',
      { router: { kind: 'local-prxy' } },
      'router.kind: "local-prxy" is not a known kind; did you mean "local-proxy"?',
    ],
    [
      'an unknown kind in a list',
      { checks: [{ kind: 'htp' }] },
      'checks[0].kind: "htp" is not a known kind; did you mean "http"?',
    ],
    [
      'a kind that is missing',
      { router: { port: 1 } },
      `router.kind: is missing; known kinds are ${manifestKinds.router.map(({ kind }) => kind).join(', ')}`,
    ],
    [
      'a duration without unit',
      { retain: '30' },
      'retain: needs a duration with its unit, such as 30m, 90s or 2h',
    ],
    [
      'a number for a duration',
      { watch: { window: 30 } },
      'watch.window: needs a duration with its unit, such as 30m, 90s or 2h',
    ],
    [
      'a factor without x',
      { watch: { compare: { errorRate: { max: 2 } } } },
      'watch.compare.errorRate.max: needs a multiplier, such as 2x or 1.5x',
    ],
    [
      'weights that do not end at 100',
      { cutover: { steps: [5, 50] } },
      'cutover.steps: must end at 100',
    ],
    [
      'weights that fall',
      { cutover: { steps: [50, 5, 100] } },
      'cutover.steps: must rise from step to step',
    ],
    [
      'a weight of more than 100',
      { cutover: { steps: [101] } },
      'cutover.steps[0]: needs a weight such as 100, or { weight: 5, bake: 10m }',
    ],
    [
      'a window shorter than an interval',
      { watch: { window: '10s' } },
      'watch.window: is shorter than watch.interval; a window holds at least one interval',
    ],
    [
      'an interval that is too short',
      { watch: { window: '1h', interval: '1s' } },
      'watch.interval: gives 3600 looks over all windows, at most 1000 fit; use a longer interval',
    ],
    [
      'a warm-up of half a window',
      { watch: { warmUp: '5m' }, cutover: { steps: [{ weight: 5, bake: '10m' }, 100] } },
      'watch.warmUp: is 5m of a window of 10m; use less than half of the shortest window',
    ],
    [
      'an alarm that is not defined',
      {
        watch: { alarms: ['a-5x'] },
        signals: {
          kind: 'local-alarms',
          alarms: { 'a-5xx': { metric: 'errorRate', above: '5%', for: '2s' } },
        },
      },
      'watch.alarms[0]: "a-5x" is not defined in signals.alarms; did you mean "a-5xx"?',
    ],
    [
      'two checks of one name',
      {
        checks: [
          { kind: 'http', name: 'a', path: '/' },
          { kind: 'http', name: 'a', path: '/' },
        ],
      },
      'checks: has two checks named "a"; give each its own name',
    ],
    [
      'a name with capitals',
      { service: 'Storefront' },
      'service: needs 2 to 40 of a-z 0-9 -, starting with a letter',
    ],
  ])('%s', (_, changes, line) => {
    expect(refusal({ ...minimal, ...changes })).toEqual([line]);
  });

  const onLambda = {
    service: 'storefront',
    environment: { kind: 'lambda-version', functionName: 'storefront' },
    router: { kind: 'lambda-alias', functionName: 'storefront', alias: 'live' },
    checks: [{ kind: 'lambda-invoke', functionName: 'storefront' }],
    metrics: { kind: 'cloudwatch-metrics', functionName: 'storefront', alias: 'live' },
  };

  it.each([
    [
      { router: { ...onLambda.router, functionName: 'checkout' } },
      'router.functionName: is "checkout", but environment.functionName is "storefront"; a router moves traffic between versions of one function',
    ],
    [
      { checks: [...onLambda.checks, { ...onLambda.checks[0], functionName: 'other' }] },
      'checks[1].functionName: is "other", but environment.functionName is "storefront"; a check looks at the version that is released',
    ],
    [
      { metrics: { ...onLambda.metrics, functionName: 'other' } },
      'metrics.functionName: is "other", but environment.functionName is "storefront"; metrics compare the versions that get the traffic',
    ],
    [
      { metrics: { ...onLambda.metrics, alias: 'beta' } },
      'metrics.alias: is "beta", but router.alias is "live"; metrics compare the versions that get the traffic',
    ],
  ])('refuses parts that name different functions or aliases: %j', (changes, line) => {
    expect(parseManifest(onLambda, manifestKinds).service).toBe('storefront');

    expect(refusal({ ...onLambda, ...changes })).toEqual([line]);
  });

  describe('when nothing measures a latency that it asks for', () => {
    const query = (name: string) => `${name}{v="{version}"}`;
    const latency = { query: query('latency'), unit: 'seconds' };
    const counts = { requests: query('requests'), errors: query('errors') };
    const prometheus = { kind: 'prometheus', url: 'http://10.0.0.7:9090', queries: counts };
    const compare = { errorRate: { max: '2x' }, latencyP95: { max: '1.5x' } };
    const reasonOf = (path: string, metric: string) =>
      `${path}: needs ${metric}, which metrics ("prometheus", as it is configured) does not measure; give metrics.queries latencyP50, latencyP95, latencyP99, each { query, unit }, or leave ${path} out`;

    it('in watch.compare', () => {
      expect(refusal({ ...minimal, metrics: prometheus, watch: { compare } })).toEqual([
        reasonOf('watch.compare.latencyP95', 'latencyP95'),
      ]);
    });

    it('in slo', () => {
      const slo = { availability: '99.9%', latency: { p99: '300ms' } };
      expect(refusal({ ...minimal, metrics: prometheus, slo })).toEqual([
        reasonOf('slo.latency.p99', 'latencyP99'),
      ]);
    });

    it('and taken where they are measured', () => {
      const latencies = { latencyP50: latency, latencyP95: latency, latencyP99: latency };
      const measured = { ...prometheus, queries: { ...counts, ...latencies } };
      expect(parse({ metrics: measured, watch: { compare } }).watch.compare).toHaveProperty(
        'latencyP95',
      );
      expect(parse({ watch: { compare } }).watch.compare).toHaveProperty('latencyP95');
    });
  });

  it('names every missing part at once', () => {
    expect(refusal({})).toEqual([
      'service: is missing',
      'environment: is missing',
      'router: is missing',
    ]);
  });

  it.each([null, 'text', 7, []])('refuses %j, which is no manifest at all', (source) => {
    expect(refusal(source)[0]).toContain('needs an object');
  });

  it('refuses one that would not fit into the release document', () => {
    const owner = 'x'.repeat(manifestLimitBytes);
    expect(refusal({ ...minimal, owner })[0]).toContain(`at most ${manifestLimitBytes} fit`);
  });

  it('counts bytes, of which a letter may have several', () => {
    const owner = 'ü'.repeat(manifestLimitBytes / 2);
    expect(refusal({ ...minimal, owner })[0]).toContain(`at most ${manifestLimitBytes} fit`);
  });

  it('gives the issues to programs as well', () => {
    const error = (() => {
      try {
        return parse({ wathc: {} });
      } catch (caught) {
        return caught;
      }
    })();
    expect((error as VerdigrisError).details.issues).toEqual([
      { path: 'wathc', reason: 'is not a known key; did you mean "watch"?' },
    ]);
  });
});

describe('the JSON schema for editors', () => {
  it('is a JSON schema that knows every key and kind', () => {
    const schema = manifestJsonSchema() as {
      properties: Record<string, object>;
      required: string[];
    };
    expect(schema.required).toEqual(['service', 'environment', 'router']);
    expect(Object.keys(schema.properties)).toContain('watch');
    const accepts = z.fromJSONSchema(schema as never);
    expect(accepts.safeParse(minimal).success).toBe(true);
    expect(accepts.safeParse({ ...minimal, wathc: {} }).success).toBe(false);
    expect(accepts.safeParse({ ...minimal, router: { kind: 'nope' } }).success).toBe(false);
  });
});

describe('a router', () => {
  const listenerArn =
    'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/0a1b/2c3d';
  const listener = { kind: 'alb-listener', listenerArn };
  const prebuilt = { kind: 'prebuilt' };

  it('is refused with environments that it cannot reach, with those that it can', () => {
    const environment = { kind: 'lambda-version', functionName: 'storefront' };

    const [line] = refusal({ ...minimal, environment, router: listener });

    expect(line).toMatch(
      /^router\.kind: is "alb-listener", which cannot reach .* "lambda-version"/,
    );
    expect(line).toMatch(/forwards to target groups; it goes with .*prebuilt/);
    expect(line).toMatch(/"lambda-version" with lambda-alias/);
  });

  it('of records is refused with environments that have no name or address of their own', () => {
    const groups = ['a', 'b'].map((name) => ({
      arn: `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/${name}/0a1b`,
    }));
    const ecs = { cluster: 'web', like: 'shop', taskDefinition: 'shop', targetGroups: groups };
    const environment = { kind: 'ecs-service', ...ecs };
    const router = {
      kind: 'route53-records',
      hostedZoneId: 'Z0123456789ABC',
      name: 'a.example.com',
    };

    expect(refusal({ ...minimal, environment, router })[0]).toMatch(
      /^router\.kind: .*"ecs-service"/,
    );
  });

  it('is looked at where it is a part of another', () => {
    const router = { kind: 'composite', routers: [{ kind: 'local-proxy', port: 1 }, listener] };

    expect(refusal({ ...minimal, router })[0]).toMatch(/^router\.routers\[1\]\.kind: /);
  });

  it.each([
    { kind: 'api-gateway-mapping', domainName: 'api.example.com' },
    { kind: 'cloudfront-origin', distributionId: 'E2QWRUHAPOMQZL' },
    {
      kind: 'route53-records',
      hostedZoneId: 'Z0123456789ABC',
      name: 'a.example.com',
      mode: 'single',
    },
  ])('of kind $kind that cannot split traffic takes no list of shares', (router) => {
    const source = { ...minimal, environment: prebuilt, router };

    expect(refusal({ ...source, cutover: { steps: [5, 100] } })[0]).toMatch(
      /^cutover\.steps: splits traffic, and router .* use \[100\]/,
    );
    expect(parseManifest({ ...source, cutover: { steps: [100] } }, manifestKinds)).toBeDefined();
  });

  it('names only kinds of environments that there are', () => {
    const known = new Set(manifestKinds.environment.map(({ kind }) => kind));
    const named = manifestKinds.router.flatMap(({ fits }) => fits?.environments ?? []);

    expect(named.filter((kind) => !known.has(kind))).toEqual([]);
  });
});
