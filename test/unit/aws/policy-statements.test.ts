import { describe, expect, it } from 'vitest';
import {
  admits,
  broadened,
  grantInWords,
  isPublic,
  patternCovers,
  readPolicy,
} from '../../../lib/aws/policy-statements.ts';

const policy = (...Statement: object[]) => readPolicy(JSON.stringify({ Statement }));
const allow = (Action: unknown, Resource: unknown = '*', rest: object = {}) => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...rest,
});
const deny = (Action: unknown, Resource: unknown = '*') => ({ Effect: 'Deny', Action, Resource });
const onlyFrom = (vpc: string) => ({ Condition: { StringEquals: { 'aws:SourceVpc': vpc } } });

/** What is broader, in words. */
function broader(blue: object[], green: object[]): string[] {
  const { allowed, undenied } = broadened(policy(...blue), policy(...green));
  return [...allowed.map(grantInWords), ...undenied.map((it) => `undenied ${grantInWords(it)}`)];
}

describe('a pattern', () => {
  it.each([
    ['s3:*', 's3:GetObject', true],
    ['s3:*', 's3:Get*', true],
    ['s3:Get*', 's3:*', false],
    ['s3:Get?bject', 's3:GetObject', true],
    ['s3:Get?bject', 's3:Get*bject', false],
    ['arn:aws:s3:::a.b/*', 'arn:aws:s3:::acb/x', false],
    ['*', '*', true],
  ])('%s covers %s: %s', (outer, inner, isCovered) => {
    expect(patternCovers(outer, inner)).toBe(isCovered);
  });
});

describe('permissions', () => {
  const bucket = 'arn:aws:s3:::shop/*';

  it.each<[string, object[], object[]]>([
    ['the same', [allow('s3:GetObject', bucket)], [allow('s3:GetObject', bucket)]],
    ['fewer', [allow(['s3:GetObject', 's3:PutObject'], bucket)], [allow('s3:GetObject', bucket)]],
    ['spelled otherwise', [allow('s3:getobject', bucket)], [allow('S3:GetObject', bucket)]],
    ['within a wildcard', [allow('s3:*')], [allow('s3:GetObject', bucket)]],
    ['on a condition', [allow('s3:*')], [allow('s3:*', '*', onlyFrom('vpc-1'))]],
    [
      'on the same condition',
      [allow('s3:*', '*', onlyFrom('vpc-1'))],
      [allow('s3:*', '*', onlyFrom('vpc-1'))],
    ],
    ['allowed and denied', [], [allow('s3:GetObject', bucket), deny('s3:*')]],
    ['all but', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], [allow('s3:*')]],
    [
      'all but more',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      [{ Effect: 'Allow', NotAction: ['iam:*', 's3:*'], Resource: '*' }],
    ],
    ['everything', [allow('*')], [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }]],
    [
      'a denial that matters to nothing',
      [allow('s3:Get*'), deny('ec2:RunInstances')],
      [allow('s3:Get*')],
    ],
    [
      'a wider denial',
      [allow('s3:*'), deny('s3:DeleteObject')],
      [allow('s3:*'), deny('s3:Delete*')],
    ],
  ])('are no broader: %s', (_, blue, green) => {
    expect(broader(blue, green)).toEqual([]);
  });

  it.each<[string, object[], object[], string]>([
    [
      'another action',
      [allow('s3:GetObject', bucket)],
      [allow(['s3:GetObject', 's3:DeleteObject'], bucket)],
      `s3:DeleteObject on ${bucket}`,
    ],
    ['another resource', [allow('s3:Get*', bucket)], [allow('s3:Get*')], 's3:Get* on *'],
    ['a wildcard', [allow('s3:GetObject')], [allow('s3:*')], 's3:* on *'],
    [
      'without the condition',
      [allow('s3:*', '*', onlyFrom('vpc-1'))],
      [allow('s3:*')],
      's3:* on *',
    ],
    [
      'on another condition',
      [allow('s3:*', '*', onlyFrom('vpc-1'))],
      [allow('s3:*', '*', onlyFrom('vpc-2'))],
      's3:* on * if StringEquals aws:sourcevpc vpc-2',
    ],
    [
      'all but less',
      [{ Effect: 'Allow', NotAction: ['iam:*', 's3:*'], Resource: '*' }],
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      'all but iam:* on *',
    ],
    [
      'what was left out',
      [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
      [allow('iam:GetRole')],
      'iam:GetRole on *',
    ],
    [
      'a denial less',
      [allow('s3:*'), deny('s3:DeleteObject', bucket)],
      [allow('s3:*')],
      `undenied s3:DeleteObject on ${bucket}`,
    ],
    [
      'a denial of other things',
      [allow('s3:*'), deny('s3:Delete*')],
      [allow('s3:*'), deny('s3:DeleteBucket')],
      'undenied s3:Delete* on *',
    ],
  ])('are broader: %s', (_, blue, green, says) => {
    expect(broader(blue, green)).toEqual([says]);
  });

  it('are read from what IAM encodes, one statement or many', () => {
    const one = encodeURIComponent(JSON.stringify({ Statement: allow('s3:GetObject') }));
    expect(readPolicy(one)).toHaveLength(1);
    expect(readPolicy('{}')).toEqual([]);
  });
});

describe("a resource's policy", () => {
  const action = 'secretsmanager:GetSecretValue';
  const principal = 'arn:aws:iam::1:role/shop';
  const to = (Principal: unknown, rest: object = {}) => allow(action, '*', { Principal, ...rest });

  it.each<[object[], 'yes' | 'no' | 'perhaps']>([
    [[to({ AWS: principal })], 'yes'],
    [[to({ AWS: ['arn:aws:iam::1:role/a', principal] })], 'yes'],
    [[to('*')], 'yes'],
    [[to({ AWS: principal }, onlyFrom('vpc-1'))], 'perhaps'],
    [[to({ AWS: 'arn:aws:iam::1:root' })], 'no'],
    [[to('*'), { ...deny(action), Principal: '*' }], 'no'],
    [[allow('secretsmanager:DescribeSecret', '*', { Principal: '*' })], 'no'],
    [[], 'no'],
  ])('%j admits a role: %s', (statements, answer) => {
    expect(admits(policy(...statements), { principal, action })).toBe(answer);
  });

  it.each<[object, boolean]>([
    [to('*'), true],
    [to({ AWS: '*' }), true],
    [{ Effect: 'Allow', NotPrincipal: { AWS: '1' }, Action: '*', Resource: '*' }, true],
    [to('*', { Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } } }), true],
    [to('*', { Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } } }), false],
    [to('*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } }), false],
    [to({ Service: 'apigateway.amazonaws.com' }), false],
    [{ ...deny('*'), Principal: '*' }, false],
  ])('%j is for everybody: %s', (statement, isForAll) => {
    expect(policy(statement).some(isPublic)).toBe(isForAll);
  });
});
