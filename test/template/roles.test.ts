import { describe, expect, it } from 'vitest';
import {
  listed,
  logicalFunction,
  propertiesOf,
  resourcesOf,
  type Statement,
  spelled,
  statementsOf,
} from './packaged.ts';
import {
  codeIn,
  conditionCalled,
  defaults,
  functions,
  granted,
  grants,
  optIn,
  ownStatements,
  plain,
  rowsOf,
  service,
  sorted,
  statementsOnPage,
} from './permissions-page.ts';
import { everything, packagedRoles, rolesWith } from './role-sets.ts';

const none = 'takes no resource';

/** What may be allowed on everything, and why it can't be narrower. */
const onEverything: Record<string, string> = {
  'xray:PutTraceSegments': 'traces have no resource',
  'xray:PutTelemetryRecords': 'traces have no resource',
  'cloudwatch:DescribeAlarms': 'narrower, and composite alarms are not returned',
  'cloudwatch:GetMetricData': 'metrics have no resource',
  'cloudwatch:ListMetrics': 'metrics have no resource',
  'xray:GetTraceSummaries': 'traces have no resource',
  'lambda:GetAccountSettings': none,
  'elasticloadbalancing:DescribeListeners': none,
  'elasticloadbalancing:DescribeRules': none,
  'elasticloadbalancing:DescribeTags': none,
  'elasticloadbalancing:DescribeTargetGroups': none,
  'elasticloadbalancing:DescribeTargetGroupAttributes': none,
  'elasticloadbalancing:DescribeTargetHealth': none,
  'cloudformation:DescribeStacks': 'of all stacks there is no name to ask for',
  'cloudformation:ListStacks': none,
  'ecs:ListServices': 'takes a cluster as a condition',
  'ecs:ListTasks': 'takes a cluster as a condition',
  'ecs:DescribeTaskDefinition': none,
  'ecs:ListTaskDefinitions': none,
  'ecs:DeregisterTaskDefinition': none,
  'autoscaling:DescribeAutoScalingGroups': none,
  'autoscaling:DescribeLifecycleHooks': none,
  'autoscaling:DescribeScalingActivities': none,
  'ec2:DescribeImages': none,
  'ec2:DescribeSecurityGroups': none,
  'ec2:DescribeLaunchTemplateVersions': none,
  'ec2:RunInstances': 'whatever a template launches with; bound to templates by a condition',
  'ec2:CreateTags': 'whatever a template launches; bound to launches by a condition',
};

/** Of these, what is allowed under a condition only. */
const boundByCondition = [
  'ec2:RunInstances',
  'ec2:CreateTags',
  'ecs:ListServices',
  'ecs:ListTasks',
];

/** Who may do what changes most, whatever the page says. */
const fewMay: Record<string, string[]> = {
  'lambda:UpdateAlias': ['cutover', 'hold', 'rollback'],
  'lambda:CreateAlias': ['cutover', 'rollback'],
  'lambda:UpdateFunctionCode': ['provision'],
  'lambda:UpdateFunctionConfiguration': ['provision'],
  'lambda:PublishVersion': ['provision'],
  'lambda:PutProvisionedConcurrencyConfig': ['provision'],
  'lambda:DeleteFunction': ['discard', 'retire'],
  'lambda:InvokeFunction': ['check', 'http', 'provision', 'validate'],
  's3:GetObject': ['check', 'provision', 'validate'],
  's3:ListBucket': ['check', 'validate'],
  // Whoever tells others, and who asks a Prometheus server; the other steps have no secret.
  'secretsmanager:GetSecretValue': [
    'admit',
    'check',
    'complete',
    'cutover',
    'discard',
    'hold',
    'http',
    'judge',
    'onArtifact',
    'onExecutionEnded',
    'provision',
    'reportRollbackFailed',
    'requestApproval',
    'rollback',
    'sweep',
    'validate',
  ],
  'states:StopExecution': ['hold', 'rollback'],
  'states:SendTaskSuccess': ['http', 'requestApproval'],
};

/** The same where everything is set. */
const fewMayThen: Record<string, string[]> = {
  ...fewMay,
  'elasticloadbalancing:ModifyListener': ['cutover', 'hold', 'retire', 'rollback'],
  'elasticloadbalancing:ModifyRule': ['cutover', 'hold', 'retire', 'rollback'],
  'elasticloadbalancing:AddTags': ['cutover', 'provision', 'retire'],
  'elasticloadbalancing:RemoveTags': ['discard', 'retire'],
  'route53:ChangeResourceRecordSets': ['complete', 'cutover', 'hold', 'retire', 'rollback'],
  'apigateway:PATCH': ['cutover', 'hold', 'rollback'],
  'apigateway:POST': ['cutover', 'rollback'],
  'cloudfront:UpdateDistribution': ['cutover', 'hold', 'retire', 'rollback'],
  'cloudfront:CreateInvalidation': ['complete', 'cutover', 'rollback'],
  'cloudfront-keyvaluestore:PutKey': ['cutover', 'hold', 'retire', 'rollback'],
  'cloudformation:CreateChangeSet': ['provision'],
  'cloudformation:ExecuteChangeSet': ['provision'],
  'cloudformation:UpdateTerminationProtection': ['cutover', 'discard', 'retire'],
  'cloudformation:DeleteStack': ['discard', 'retire'],
  'cloudwatch:DisableAlarmActions': ['cutover'],
  'cloudwatch:EnableAlarmActions': [
    'complete',
    'cutover',
    'discard',
    'hold',
    'onExecutionEnded',
    'reportRollbackFailed',
    'rollback',
    'sweep',
  ],
  'ecs:RegisterTaskDefinition': ['provision'],
  'ecs:DescribeTaskDefinition': ['check', 'discard', 'provision', 'retire', 'rollback', 'validate'],
  'ecs:CreateService': ['provision'],
  'ecs:UpdateService': ['cutover', 'discard', 'retire'],
  'ecs:DeleteService': ['discard', 'retire'],
  'autoscaling:CreateAutoScalingGroup': ['provision'],
  'autoscaling:UpdateAutoScalingGroup': ['cutover', 'discard', 'retire'],
  'autoscaling:DeleteAutoScalingGroup': ['discard', 'retire'],
  'ec2:CreateLaunchTemplateVersion': ['provision'],
  'ec2:RunInstances': ['provision'],
  'iam:PassRole': ['provision'],
  'iam:GetRolePolicy': ['check', 'validate'],
  'secretsmanager:DescribeSecret': ['check', 'validate'],
};

const rolesWithAll = await rolesWith(everything);

describe.each([
  { state: 'nothing set', set: {}, statementsFor: packagedRoles, few: fewMay },
  { state: 'everything set', set: everything, statementsFor: rolesWithAll, few: fewMayThen },
])('with $state', ({ set, statementsFor, few }) => {
  describe('docs/iam.md', () => {
    it.each(functions)('says exactly what %s may do', (name) => {
      const expected = [...ownStatements(name), ...statementsOnPage(name, set)];

      expect(sorted(statementsFor(name).map(plain))).toEqual(sorted(expected));
    });
  });

  describe('the roles', () => {
    it.each(functions)('of %s allow no action by a wildcard', (name) => {
      const actions = statementsFor(name).flatMap(({ Action }) => listed(Action));

      expect(actions.length).toBeGreaterThan(0);
      expect(actions.filter((action) => !/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(action))).toEqual(
        [],
      );
    });

    it.each(functions)('of %s allow on everything only what has no narrower resource', (name) => {
      const wide = statementsFor(name).filter(({ Resource }) =>
        listed(Resource).some((arn) => !/^(arn:|\$\{)/.test(arn)),
      );
      const actions = wide.flatMap(({ Action }) => listed(Action));
      const unbound = wide.filter(({ Condition }) => !Condition);

      expect(actions.filter((action) => !(action in onEverything))).toEqual([]);
      expect(
        unbound
          .flatMap(({ Action }) => listed(Action))
          .filter((action) => boundByCondition.includes(action)),
      ).toEqual([]);
    });

    it.each(functions)('of %s ask for the tag wherever a name alone says too little', (name) => {
      const untagged = statementsFor(name).filter(
        (statement) =>
          listed(statement.Resource).some((arn) => /:(function:|repository\/)/.test(arn)) &&
          String(plain(statement).conditions) !== String(conditionCalled('tagged')),
      );

      expect(untagged).toEqual([]);
    });

    it.each(Object.entries(few))('allow %s to %j only', (action, names) => {
      const can = (name: string) => statementsFor(name).some((it) => mayDo(it, action));

      expect(functions.filter(can).toSorted()).toEqual(names);
    });

    it('let nobody delete a function, only versions', () => {
      const resources = functions
        .flatMap(statementsFor)
        .filter((statement) => mayDo(statement, 'lambda:DeleteFunction'))
        .flatMap(({ Resource }) => listed(Resource));

      expect(resources.length).toBeGreaterThan(0);
      for (const arn of resources) expect(arn).toMatch(/:function:[^:]+:[^:]+$/);
    });

    it('let nobody change permissions', () => {
      const actions = functions.flatMap(statementsFor).flatMap(({ Action }) => listed(Action));

      const writing = actions.filter((it) => !/:(?:Get|List|Describe|Simulate)/.test(it));

      expect(writing.filter((it) => /Policy$|Permission|^kms:Create/.test(it))).toEqual([]);
      expect(writing.filter((it) => /^iam:(?!PassRole$)/.test(it))).toEqual([]);
    });

    it('leave as much room as IAM gives a role', () => {
      const sizes = functions.map((name) => [name, policyLength(statementsFor(name))] as const);

      expect(sizes.filter(([, size]) => size > mostCharacters)).toEqual([]);
    });
  });
});

/** "The aggregate policy size of all inline policies of a role": blanks are not counted. */
const mostCharacters = 10_240;

/** A policy as IAM counts it, in a Region with a long name, and with long names of resources. */
function policyLength(statements: Statement[]): number {
  const pseudo: Record<string, string> = {
    'AWS::Partition': 'aws-us-gov',
    'AWS::Region': 'ap-southeast-4',
    'AWS::AccountId': '123456789012',
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const document = JSON.stringify({ Version: '2012-10-17', Statement: spelled(statements) });
  return document.replace(/\$\{([\w:.]+)\}/g, (_, name) => pseudo[name] ?? 'x'.repeat(100)).length;
}

function mayDo({ Action }: Statement, action: string): boolean {
  return listed(Action).includes(action);
}

describe('docs/iam.md', () => {
  it('names every function once', () => {
    expect(rowsOf('Functions').map(([name]) => codeIn(name)[0])).toEqual(functions);
  });

  it('has no grant, no resource and no condition that nobody uses, and all that are used', () => {
    const used = new Set([...granted.values()].flat());
    const known = new Set(grants.map(({ name }) => name));
    const words = new Set(grants.flatMap((grant) => grant.words));
    const conditions = new Set(grants.map(({ only }) => only).filter(Boolean));

    expect(known).toEqual(used);
    expect(words).toEqual(new Set(rowsOf('Resources').map(([word]) => word)));
    expect(conditions).toEqual(new Set(rowsOf('Conditions').map(([word]) => word)));
  });

  it('shows the parameters as they are', () => {
    const inFile = Object.keys(defaults).map((name) => [name, service.params.default[name]]);

    expect(Object.fromEntries(inFile)).toEqual(defaults);
    expect(Object.keys(defaults)).toEqual(expect.arrayContaining(optIn));
  });
});

describe('the roles', () => {
  it('are one per function, and for functions only', () => {
    const roles = functions.map((name) => spelled(propertiesOf(logicalFunction(name)).Role));
    const machineRoles = resourcesOf('AWS::IAM::Role').filter(([name]) =>
      name.endsWith('StateMachineRole'),
    );

    expect(new Set(roles).size).toBe(functions.length);
    expect(resourcesOf('AWS::IAM::Role')).toHaveLength(functions.length + machineRoles.length);
    for (const name of functions) {
      const trust = statementsOf(
        propertiesOf(service.functions[name]?.role ?? '').AssumeRolePolicyDocument,
      );
      expect(trust.map(({ Principal }) => Principal)).toEqual([
        { Service: 'lambda.amazonaws.com' },
      ]);
    }
  });

  it('of the state machines allow on everything only logs and traces', () => {
    const machines = resourcesOf('AWS::IAM::Role').filter(([name]) =>
      name.endsWith('StateMachineRole'),
    );
    const statements = machines
      .flatMap(([, { Properties }]) => Properties.Policies as { PolicyDocument: unknown }[])
      .flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
    const wide = statements.filter(({ Resource }) => listed(Resource).includes('*'));

    expect(machines).toHaveLength(3);
    for (const action of wide.flatMap(({ Action }) => listed(Action)))
      expect(action).toMatch(
        /^(logs:\w*(LogDelivery|LogDeliveries|ResourcePolic|LogGroups)|xray:)/,
      );
  });
});
