import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { configuredWith, listed, type Resource, type Statement } from './packaged.ts';
import {
  functions,
  grants,
  optIn,
  ownStatements,
  type Parameters,
  plain,
  sorted,
  statementsOnPage,
} from './permissions-page.ts';
import { everything, packagedRoles, statementsIn } from './role-sets.ts';

type Ask = { resolveConfigurationProperty(path: string[]): Promise<unknown> };
type Answer = { Resources: Record<string, Resource> };
const makeRoles: (ask: Ask) => Promise<Answer> = createRequire(import.meta.url)(
  '../../lib/platform/aws/roles.cjs',
);

const { custom } = await configuredWith(everything);

/** The roles of the same configuration with other values for the parameters that are `none` by default. */
async function rolesFor(set: Parameters) {
  const values = Object.fromEntries(optIn.map((name) => [name, set[name] ?? 'none']));
  const { Resources } = await makeRoles({
    resolveConfigurationProperty: async () => ({ ...custom, optIn: values }),
  });
  return (name: string) => statementsIn(Resources, name);
}

/** Services of AWS that nothing is granted of unless a parameter asks for it. */
const withParameters = [
  'apigateway',
  'autoscaling',
  'cloudformation',
  'cloudfront',
  'cloudfront-keyvaluestore',
  'ec2',
  'ecs',
  'elasticloadbalancing',
  'iam',
  'route53',
  'ses',
  'ssm',
];

/** What each kind needs, and the services that it then reaches. */
const kinds: [string, string[], string[]][] = [
  ['alb-listener', ['targetLoadBalancers', 'targetGroups'], ['elasticloadbalancing']],
  ['route53-records', ['targetZones', 'targetRecords'], ['route53']],
  ['api-gateway-mapping by domain', ['targetDomains', 'targetApis'], ['apigateway']],
  ['api-gateway-mapping by stage', ['targetStages', 'targetApis'], ['apigateway']],
  ['email', ['mailFrom'], ['ses']],
  ['quiet alarms', ['targetAlarms'], []],
  ['telemetry by logs', ['targetLogGroups'], []],
  ['telemetry by dashboards', ['targetDashboards'], []],
  ['cloudfront-origin', ['targetDistributions'], ['cloudfront']],
  ['cloudfront-origin by key', ['targetKeyValueStores'], ['cloudfront-keyvaluestore']],
  ['cloudformation-stack', ['targetStacks', 'passableRoles'], ['cloudformation', 'ec2', 'iam']],
  ['the check of secrets', ['targetSecrets'], ['ssm']],
  ['the checks of roles', ['targetRoles'], ['ec2', 'iam']],
  [
    'ecs-service',
    ['targetClusters', 'targetServices', 'targetGroups'],
    ['ec2', 'ecs', 'elasticloadbalancing'],
  ],
  [
    'auto-scaling-group',
    ['targetAutoScalingGroups', 'targetLaunchTemplates', 'targetGroups'],
    ['autoscaling', 'ec2', 'elasticloadbalancing'],
  ],
];

function servicesIn(statements: Statement[]): string[] {
  const actions = statements.flatMap(({ Action }) => listed(Action));
  const services = actions.map((action) => action.split(':')[0] ?? '');
  return [...new Set(services)].filter((it) => withParameters.includes(it)).toSorted();
}

describe('what is granted besides functions', () => {
  it('is nothing by default', () => {
    const statements = functions.flatMap(packagedRoles);
    const arns = statements.flatMap(({ Resource }) => listed(Resource));

    expect(servicesIn(statements)).toEqual([]);
    expect(arns.filter((arn) => /[:/]none\b/.test(arn))).toEqual([]);
  });

  it('is of every service that this is for, where everything is set', async () => {
    const rolesOf = await rolesFor(everything);

    expect(servicesIn(functions.flatMap(rolesOf))).toEqual(withParameters);
  });

  it.each(kinds)('is for %s what %j let it reach, and no more', async (_, names, services) => {
    const set = Object.fromEntries(names.map((name) => [name, everything[name] ?? '']));
    const rolesOf = await rolesFor(set);

    expect(servicesIn(functions.flatMap(rolesOf))).toEqual(services);
    for (const name of functions) {
      const expected = [...ownStatements(name), ...statementsOnPage(name, set)];
      expect(sorted(rolesOf(name).map(plain)), name).toEqual(sorted(expected));
    }
  });

  it('asks for each parameter somewhere, and for no other', () => {
    const asked = new Set(grants.flatMap(({ needs }) => needs.names));
    const named = new Set(JSON.stringify([custom.furtherGrants]).match(/\w+-x+\*/g));
    const values = optIn.filter((name) => named.has(everything[name] ?? ''));

    expect(optIn).toEqual(expect.arrayContaining([...asked]));
    expect(values).toEqual(optIn);
  });

  it('hands roles to the service that is meant, and only roles that were named', async () => {
    const statements = functions.flatMap(await rolesFor(everything));
    const passes = statements.filter(({ Action }) => listed(Action).includes('iam:PassRole'));

    expect(passes).toHaveLength(3);
    for (const { Resource, Condition } of passes) {
      expect(Object.keys(Condition?.StringEquals ?? {})).toEqual(['iam:PassedToService']);
      expect(listed(Resource)).toEqual([
        `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/${everything.passableRoles}`,
      ]);
    }
  });

  it('lets nobody tag what others made, but for our own marks', async () => {
    const statements = functions.flatMap(await rolesFor(everything));
    const tagging = statements.filter(({ Action }) => listed(Action).some((it) => /Tag/.test(it)));
    const writing = tagging.filter(({ Action }) => !listed(Action).every(isReading));
    const free = writing.map(plain).filter(({ conditions }) => !conditions.some(bindsTags));

    expect(writing.length).toBeGreaterThan(5);
    // With the making of a group all tags of the group that is copied are set.
    expect(free.map(({ actions }) => actions)).toEqual([
      ['autoscaling:CreateAutoScalingGroup', 'autoscaling:CreateOrUpdateTags'],
    ]);
  });

  it.each([
    [{ targetLoadBalancers: 'shop' }, /targetLoadBalancers is set; it needs targetGroups too/],
    [{ targetZones: 'Z1' }, /targetZones is set; it needs targetRecords too/],
    [{ targetClusters: 'shop' }, /it needs targetServices and targetGroups too/],
    [{ targetStacks: 'release-*' }, /it needs passableRoles too/],
    [{ targetDistributions: '' }, /targetDistributions is ""; it needs a name/],
    [{ targetDistributions: 'E1,E2' }, /is "E1,E2"; it needs a name/],
    [{ targetDistributions: 'arn:aws:cloudfront::1:distribution/E1' }, /it needs a name/],
  ])('is refused for %j', async (set, why) => {
    await expect(rolesFor(set as Parameters)).rejects.toThrow(why);
  });
});

function isReading(action: string): boolean {
  return /:Describe/.test(action);
}

function bindsTags(condition: string): boolean {
  return /aws:TagKeys: verdigris:|:CreateAction: /.test(condition);
}
