import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { signingSecretName } from '../../lib/secrets/secrets.ts';
import { readPage } from '../unit/docs/pages.ts';
import { propertiesOf, readTemplate, resourcesOf, spelled } from './packaged.ts';

interface ServiceFile {
  params: Record<string, Record<string, unknown>>;
}
const { params }: ServiceFile = parse(readPage('serverless.yml'), { logLevel: 'silent' });

describe("the ledger's table", () => {
  it('is the only one, and outlives the stack', () => {
    const [[name, table] = [], ...others] = resourcesOf('AWS::DynamoDB::Table');

    expect(others).toEqual([]);
    expect(name).toBe('Table');
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('costs nothing idle, is encrypted, and can be set back to any second', () => {
    expect(propertiesOf('Table')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    });
  });

  it('has the keys that the ledger asks by', () => {
    const { KeySchema, GlobalSecondaryIndexes, AttributeDefinitions } = propertiesOf('Table');

    expect(KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(GlobalSecondaryIndexes).toEqual([
      {
        IndexName: 'gsi1',
        KeySchema: [
          { AttributeName: 'gsi1pk', KeyType: 'HASH' },
          { AttributeName: 'gsi1sk', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ]);
    expect(AttributeDefinitions).toEqual(
      ['pk', 'sk', 'gsi1pk', 'gsi1sk'].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
    );
  });

  it('cannot be deleted by mistake in prod, and can in a test stage', () => {
    expect(params.prod?.isTableProtected).toBe(true);
    expect(propertiesOf('Table').DeletionProtectionEnabled).toBe(params.default?.isTableProtected);
  });
});

describe('the token', () => {
  it('is made by AWS and known to http alone', () => {
    const readers = resourcesOf('AWS::Lambda::Function').filter(([, { Properties }]) =>
      JSON.stringify(Properties.Environment).includes('VERDIGRIS_TOKEN_SECRET_ARN'),
    );

    expect(propertiesOf('TokenSecret').GenerateSecretString).toEqual({
      PasswordLength: 48,
      ExcludePunctuation: true,
    });
    expect(readers.map(([name]) => name)).toEqual(['HttpLambdaFunction']);
  });
});

describe('the signing secret', () => {
  it('is made by AWS, where functions look for it', () => {
    expect(propertiesOf('SigningSecret')).toMatchObject({
      Name: `verdigris/dev/${signingSecretName}`,
      GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
    });
  });
});

describe('a deployed stack', () => {
  it('tells every function where the ledger, the events and the machines are', () => {
    for (const [name, { Properties }] of resourcesOf('AWS::Lambda::Function')) {
      const { Variables } = spelled(Properties.Environment) as { Variables: object };
      expect(Variables, name).toMatchObject({
        VERDIGRIS_TABLE: '${Table}',
        VERDIGRIS_EVENTS_TOPIC_ARN: '${EventsTopic}',
        VERDIGRIS_EVENT_BUS: 'default',
        VERDIGRIS_SECRETS_PREFIX: 'verdigris/dev/',
        VERDIGRIS_CONSOLE_URL: expect.stringContaining('${HttpApi}.execute-api.'),
        VERDIGRIS_RELEASE_ARN: expect.stringMatching(/:stateMachine:verdigris-dev-release$/),
        VERDIGRIS_ROLLBACK_ARN: expect.stringMatching(/:stateMachine:verdigris-dev-rollback$/),
        VERDIGRIS_RETIRE_ARN: expect.stringMatching(/:stateMachine:verdigris-dev-retire$/),
      });
    }
  });

  it('says where everything is that people and scripts need', () => {
    expect(Object.keys(readTemplate().Outputs)).toEqual(
      expect.arrayContaining([
        'HttpApiUrl',
        'TableName',
        'TokenSecretArn',
        'AlarmsTopicArn',
        'EventsTopicArn',
        'OperatorsTopicArn',
        'ReleaseStateMachineArn',
        'RollbackStateMachineArn',
        'RetireStateMachineArn',
      ]),
    );
  });

  it('needs no name that two stages could both want', () => {
    const named = Object.entries(readTemplate().Resources).flatMap(([id, { Properties = {} }]) =>
      Object.entries(Properties)
        .filter(([key, value]) => /^(\w*Name)$/.test(key) && typeof value === 'string')
        .filter(([key]) => !['StageName', 'MetricName', 'PolicyName'].includes(key))
        .map(([key, value]) => `${id}.${key}=${value}`),
    );

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((it) => !/verdigris[-/]dev/.test(it))).toEqual([]);
  });
});
