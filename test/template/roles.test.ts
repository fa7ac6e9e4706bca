import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readPage, root, tableRows } from '../unit/docs/pages.ts';
import {
  listed,
  logicalFunction,
  propertiesOf,
  resourcesOf,
  type Statement,
  spelled,
  statementsOf,
} from './packaged.ts';

/** What may be allowed on everything, and why it can't be narrower. */
const onEverything: Record<string, string> = {
  'xray:PutTraceSegments': 'traces have no resource',
  'xray:PutTelemetryRecords': 'traces have no resource',
  'cloudwatch:DescribeAlarms': 'narrower, and composite alarms are not returned',
  'cloudwatch:GetMetricData': 'metrics have no resource',
};

/** Who may do what changes most, whatever the page says. */
const fewMay: Record<string, string[]> = {
  'lambda:UpdateAlias': ['cutover', 'hold', 'rollback'],
  'lambda:CreateAlias': ['cutover', 'rollback'],
  'lambda:UpdateFunctionCode': ['provision'],
  'lambda:UpdateFunctionConfiguration': ['provision'],
  'lambda:PublishVersion': ['provision'],
  'lambda:PutProvisionedConcurrencyConfig': ['provision'],
  'lambda:DeleteFunction': ['discard', 'retire'],
  'lambda:InvokeFunction': ['provision', 'validate'],
  's3:GetObject': ['provision'],
  'secretsmanager:GetSecretValue': ['http'],
  'states:StopExecution': ['hold', 'rollback'],
  'states:SendTaskSuccess': ['http', 'requestApproval'],
};

const page = readPage('docs/iam.md');

interface ServiceFile {
  functions: Record<string, { role: string }>;
  params: { default: Record<string, unknown> };
}
const service: ServiceFile = parse(readPage('serverless.yml'), { logLevel: 'silent' });
const functions = Object.keys(service.functions);

/** The rows of a section of the page. */
function rowsOf(heading: string): string[][] {
  return tableRows(page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '');
}

/** What stands between backticks in a cell. */
function codeIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
}

/** The page's parameters with their defaults, in the stage that was packaged. */
const defaults = Object.fromEntries(
  rowsOf('What you decide').map(([name, value]) => [codeIn(name)[0], codeIn(value)[0] ?? '']),
);

function inStage(text: string): string {
  return text
    .replace(/\$\{param:(\w+)\}/g, (_, name) => defaults[name] ?? `no parameter ${name}`)
    .replaceAll('${sls:stage}', 'dev');
}

const arns = new Map(
  rowsOf('Resources').map(([word, arn]) => [word, inStage(codeIn(arn)[0] ?? '')]),
);

const conditions: Record<string, object | undefined> = {
  '': undefined,
  tagged: { StringEquals: { 'aws:ResourceTag/verdigris': inStage('${param:targetTag}') } },
  'as verdigris': { StringEquals: { 'events:source': 'verdigris' } },
};

/** A statement in one form, however it was written. */
function plain({ Effect, Action, Resource, Condition }: Statement) {
  return {
    effect: Effect,
    actions: listed(Action).toSorted(),
    resources: listed(Resource).toSorted(),
    condition: spelled(Condition),
  };
}
type Plain = ReturnType<typeof plain>;

/** The page's statements by grant. */
const grants = new Map<string, Plain[]>();
for (const [grant = '', actions, words = '', only = ''] of rowsOf('Grants')) {
  const name = codeIn(grant)[0] ?? '';
  const resources = words.split(', ').map((word) => arns.get(word) ?? `no resource "${word}"`);
  const statement = {
    effect: 'Allow',
    actions: codeIn(actions).toSorted(),
    resources: resources.toSorted(),
    condition: only in conditions ? conditions[only] : { unknown: only },
  };
  grants.set(name, [...(grants.get(name) ?? []), statement]);
}

const granted = new Map(rowsOf('Functions').map(([name, cell]) => [codeIn(name)[0], codeIn(cell)]));

/** What every function may: its own log, and traces. */
function own(name: string): Plain[] {
  const group = `/aws/lambda/verdigris-dev-${name}`;
  return [
    {
      effect: 'Allow',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [
        `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${group}:*`,
      ],
      condition: undefined,
    },
    {
      effect: 'Allow',
      actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
      resources: ['*'],
      condition: undefined,
    },
  ];
}

/** The statements of a function's role as they were packaged. */
function packagedStatements(name: string): Statement[] {
  const role = propertiesOf(service.functions[name]?.role ?? name);
  const policies = role.Policies as { PolicyDocument: unknown }[];
  return policies.flatMap(({ PolicyDocument }) => statementsOf(PolicyDocument));
}

/** Functions that may do this. */
function whoMay(action: string): string[] {
  const can = (name: string) =>
    packagedStatements(name).some(({ Action }) => listed(Action).includes(action));
  return functions.filter(can).toSorted();
}

describe('docs/iam.md', () => {
  it('names every function once', () => {
    expect(rowsOf('Functions').map(([name]) => codeIn(name)[0])).toEqual(functions);
  });

  it.each(functions)('says exactly what %s may do', (name) => {
    const asked = granted.get(name) ?? [];
    const expected = asked.flatMap((grant) => grants.get(grant) ?? []);

    expect(asked.filter((grant) => !grants.has(grant))).toEqual([]);
    expect(packagedStatements(name).map(plain)).toEqual([...own(name), ...expected]);
  });

  it('has no grant and no resource that nobody uses', () => {
    const used = new Set([...granted.values()].flat());
    const words = new Set(rowsOf('Grants').flatMap(([, , cell = '']) => cell.split(', ')));

    expect([...grants.keys()].filter((grant) => !used.has(grant))).toEqual([]);
    expect([...arns.keys()].filter((word) => !words.has(word ?? ''))).toEqual([]);
  });

  it('shows the parameters as they are', () => {
    const inFile = Object.keys(defaults).map((name) => [name, service.params.default[name ?? '']]);

    expect(Object.fromEntries(inFile)).toEqual(defaults);
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

  it.each(functions)('of %s allow no action by a wildcard', (name) => {
    const actions = packagedStatements(name).flatMap(({ Action }) => listed(Action));

    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => !/^[a-z0-9]+:[A-Z][A-Za-z]+$/.test(action))).toEqual([]);
  });

  it.each(functions)('of %s allow on everything only what has no narrower resource', (name) => {
    const wide = packagedStatements(name).filter(({ Resource }) =>
      listed(Resource).some((arn) => !/^(arn:|\$\{)/.test(arn)),
    );
    const actions = wide.flatMap(({ Action }) => listed(Action));

    expect(actions.filter((action) => !(action in onEverything))).toEqual([]);
  });

  it.each(functions)('of %s ask for the tag wherever a name alone says too little', (name) => {
    const untagged = packagedStatements(name).filter(
      ({ Resource, Condition }) =>
        listed(Resource).some((arn) => /:(function:|repository\/)/.test(arn)) &&
        JSON.stringify(spelled(Condition)) !== JSON.stringify(conditions.tagged),
    );

    expect(untagged).toEqual([]);
  });

  it.each(Object.entries(fewMay))('allow %s to %j only', (action, names) => {
    expect(whoMay(action)).toEqual(names);
  });

  it('let nobody delete a function, only versions', () => {
    const resources = functions
      .flatMap(packagedStatements)
      .filter(({ Action }) => listed(Action).includes('lambda:DeleteFunction'))
      .flatMap(({ Resource }) => listed(Resource));

    expect(resources.length).toBeGreaterThan(0);
    for (const arn of resources) expect(arn).toMatch(/:function:[^:]+:[^:]+$/);
  });

  it('let nobody change permissions, tags or roles', () => {
    const actions = functions.flatMap(packagedStatements).flatMap(({ Action }) => listed(Action));

    expect(
      actions.filter((action) => /^iam:|Tag|Policy$|Permission|PassRole|^kms:Create/.test(action)),
    ).toEqual([]);
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

/** IAM actions of a command whose name is not the action's. */
const actionsOf: Record<string, string[]> = {
  'lambda:Invoke': ['lambda:InvokeFunction'],
  'dynamodb:Get': ['dynamodb:GetItem'],
  'dynamodb:Put': ['dynamodb:PutItem'],
  'dynamodb:Update': ['dynamodb:UpdateItem'],
  'dynamodb:Delete': ['dynamodb:DeleteItem'],
  'dynamodb:BatchGet': ['dynamodb:BatchGetItem'],
  'dynamodb:TransactGet': ['dynamodb:GetItem'],
  'dynamodb:TransactWrite': [
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:ConditionCheckItem',
  ],
};

const services: Record<string, string> = {
  'client-cloudwatch': 'cloudwatch',
  'client-dynamodb': 'dynamodb',
  'client-eventbridge': 'events',
  'client-lambda': 'lambda',
  'client-secrets-manager': 'secretsmanager',
  'client-sfn': 'states',
  'client-sns': 'sns',
  'lib-dynamodb': 'dynamodb',
};

/** The IAM actions that a source file's SDK commands need. */
function actionsIn(text: string): string[] {
  const imports = text.matchAll(/import \{([^}]+)\} from '@aws-sdk\/([\w-]+)'/g);
  return [...imports].flatMap(([, names = '', client = '']) =>
    [...names.matchAll(/\b(\w+)Command\b/g)].flatMap(([, command]) => {
      const action = `${services[client] ?? client}:${command}`;
      return actionsOf[action] ?? [action];
    }),
  );
}

describe('the AWS calls in the code', () => {
  const calls = new Map(
    globSync('lib/**/*.ts', { cwd: root }).map((file) => [
      file,
      actionsIn(readFileSync(path.join(root, file), 'utf8')),
    ]),
  );
  const called = new Set([...calls.values()].flat());
  const allowed = new Set([...grants.values()].flat().flatMap(({ actions }) => actions));
  /** What AWS does with the caller's rights, without a command of its own in the code. */
  const onOurBehalf = /^(s3|ecr|kms|sqs):/;

  it('are read from imports', () => {
    const text =
      "import {\n  InvokeCommand,\n  type LambdaClient,\n} from '@aws-sdk/client-lambda';";

    expect(actionsIn(text)).toEqual(['lambda:InvokeFunction']);
    expect(called.size).toBeGreaterThan(10);
  });

  it('are all granted, and on the page', () => {
    const missing = [...calls].flatMap(([file, actions]) =>
      actions.filter((action) => !allowed.has(action)).map((action) => `${file}: ${action}`),
    );

    expect(missing).toEqual([]);
  });

  it('are all that is granted', () => {
    const unused = [...allowed].filter((it) => !called.has(it) && !onOurBehalf.test(it));

    expect(unused).toEqual([]);
  });
});
