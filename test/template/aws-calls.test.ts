import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../unit/docs/pages.ts';
import { listed } from './packaged.ts';
import { functions } from './permissions-page.ts';
import { everything, rolesWith } from './role-sets.ts';

/** IAM actions of a command whose name is not the action's. */
const actionsOf: Record<string, string[]> = {
  'lambda:Invoke': ['lambda:InvokeFunction'],
  'dynamodb:Get': ['dynamodb:GetItem'],
  's3:ListObjectsV2': ['s3:ListBucket'],
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

/** Prefixes of IAM by packages of the SDK, where they are not the package's name. */
const services: Record<string, string> = {
  'client-api-gateway': 'apigateway',
  'client-apigatewayv2': 'apigateway',
  'client-auto-scaling': 'autoscaling',
  'client-cloudwatch': 'cloudwatch',
  'client-cloudwatch-logs': 'logs',
  'client-elastic-load-balancing-v2': 'elasticloadbalancing',
  'client-eventbridge': 'events',
  'client-route-53': 'route53',
  'client-secrets-manager': 'secretsmanager',
  'client-sesv2': 'ses',
  'client-sfn': 'states',
  'lib-dynamodb': 'dynamodb',
};

/** API Gateway's actions are the verbs of HTTP. */
const verbs: Record<string, string> = { Get: 'GET', Create: 'POST', Update: 'PATCH' };

/** What AWS does with the caller's rights, without a command of its own in the code. */
const onOurBehalf = [
  /^(ecr|kms|sqs):/,
  /^s3:GetObject(Version)?$/,
  /^(logs|xray):/,
  /^iam:PassRole$/,
  /^ec2:(RunInstances|CreateTags)$/,
  /^cloudformation:(ListStacks|TagResource)$/,
];

/** The IAM actions that a source file's SDK commands need. */
function actionsIn(text: string): string[] {
  const imports = text.matchAll(/import \{([^}]+)\} from '@aws-sdk\/([\w-]+)'/g);
  return [...imports].flatMap(([, names = '', client = '']) =>
    names.split(',').flatMap((name) => {
      const [, command] = /^\s*(\w+)Command(?:\s+as\s+\w+)?\s*$/.exec(name) ?? [];
      return command ? actionsFor(client, command) : [];
    }),
  );
}

function actionsFor(client: string, command: string): string[] {
  const prefix = services[client] ?? client.replace(/^client-/, '');
  if (prefix === 'apigateway') {
    const [start = ''] = /^[A-Z][a-z]+/.exec(command) ?? [];
    return [`apigateway:${verbs[start] ?? command}`];
  }
  const action = `${prefix}:${command}`;
  return actionsOf[action] ?? [action];
}

const rolesOf = await rolesWith(everything);

describe('the AWS calls in the code', () => {
  const calls = new Map(
    globSync('lib/**/*.ts', { cwd: root }).map((file) => [
      file,
      actionsIn(readFileSync(path.join(root, file), 'utf8')),
    ]),
  );
  const called = new Set([...calls.values()].flat());
  const allowed = new Set(functions.flatMap(rolesOf).flatMap(({ Action }) => listed(Action)));

  it('are read from imports', () => {
    const text =
      "import {\n  InvokeCommand,\n  type LambdaClient,\n} from '@aws-sdk/client-lambda';\n" +
      "import { GetStageCommand as GetRestStageCommand } from '@aws-sdk/client-api-gateway';";

    expect(actionsIn(text)).toEqual(['lambda:InvokeFunction', 'apigateway:GET']);
    expect(called.size).toBeGreaterThan(60);
  });

  it('are all granted where everything is set', () => {
    const missing = [...calls].flatMap(([file, actions]) =>
      actions.filter((action) => !allowed.has(action)).map((action) => `${file}: ${action}`),
    );

    expect(missing).toEqual([]);
  });

  it('are all that is granted', () => {
    const unused = [...allowed].filter(
      (action) => !called.has(action) && !onOurBehalf.some((it) => it.test(action)),
    );

    expect(unused).toEqual([]);
  });
});
