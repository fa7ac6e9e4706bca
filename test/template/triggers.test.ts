import { describe, expect, it } from 'vitest';
import { awsRouteKey } from '../../lib/platform/connections.ts';
import { matches } from './event-pattern.ts';
import {
  listed,
  logicalFunction,
  propertiesOf,
  resourcesOf,
  type Statement,
  spelled,
  statementsOf,
} from './packaged.ts';

const triggers = ['onArtifact', 'onAlarm', 'onExecutionEnded'];

const queueOf = (name: string) => `${name.replace(/^./, (it) => it.toUpperCase())}DeadLetters`;

interface Rule {
  Name: string;
  EventPattern?: object;
  ScheduleExpression?: string;
  Targets: {
    Arn: string;
    DeadLetterConfig?: { Arn: string };
    RetryPolicy?: { MaximumEventAgeInSeconds: number; MaximumRetryAttempts: number };
  }[];
}

function rules(): Rule[] {
  return resourcesOf('AWS::Events::Rule').map(
    ([, { Properties }]) => spelled(Properties) as unknown as Rule,
  );
}

/** The names of the rules that an event sets off. */
function matchedBy(event: object): string[] {
  return rules()
    .filter(({ EventPattern }) => EventPattern !== undefined && matches(EventPattern, event))
    .map(({ Name }) => Name);
}

/** Shaped as AWS documents them for each source. */
const events = {
  push: {
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    detail: {
      'action-type': 'PUSH',
      result: 'SUCCESS',
      'repository-name': 'web/storefront',
      'image-digest': 'sha256:7f5b',
      'image-tag': 'v2',
    },
  },
  object: {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: {
      bucket: { name: 'verdigris-artifacts-eu' },
      object: { key: 'storefront/v2.zip', size: 5, etag: 'b1', sequencer: '00' },
      reason: 'PutObject',
    },
  },
  published: {
    source: 'verdigris.artifact',
    'detail-type': 'Artifact Published',
    detail: { service: 'storefront', uri: 's3://b/k', version: 'v2', digest: null },
  },
  alarm: {
    source: 'aws.cloudwatch',
    'detail-type': 'CloudWatch Alarm State Change',
    detail: {
      alarmName: 'storefront-5xx',
      state: { value: 'ALARM', reason: 'Threshold Crossed' },
      previousState: { value: 'OK' },
    },
  },
  ended: {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail: {
      status: 'ABORTED',
      name: 'storefront-v2-1a2b3c4d',
      stateMachineArn:
        'arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:verdigris-dev-release',
    },
  },
};

type Sample = keyof typeof events;

/** A sample with some of its detail changed. */
function changed(sample: Sample, detail: object): object {
  return { ...events[sample], detail: { ...events[sample].detail, ...detail } };
}

const machine = (name: string) =>
  events.ended.detail.stateMachineArn.replace(/verdigris-dev-release$/, name);

describe('the rules', () => {
  it.each<[Sample, string, string]>([
    ['push', 'verdigris-dev-image-pushed', 'onArtifact'],
    ['object', 'verdigris-dev-object-created', 'onArtifact'],
    ['published', 'verdigris-dev-artifact-published', 'onArtifact'],
    ['alarm', 'verdigris-dev-alarm-fired', 'onAlarm'],
    ['ended', 'verdigris-dev-execution-ended', 'onExecutionEnded'],
  ])('bring the event "%s" by %s to %s', (sample, rule, name) => {
    const found = rules().find(({ Name }) => Name === rule);

    expect(matchedBy(events[sample])).toEqual([rule]);
    expect(found?.Targets.map(({ Arn }) => Arn)).toEqual([`\${${logicalFunction(name)}.Arn}`]);
  });

  it.each<[string, object]>([
    ['an image that was deleted', changed('push', { 'action-type': 'DELETE' })],
    ['a push that failed', changed('push', { result: 'FAILURE' })],
    ['a scan', { ...events.push, 'detail-type': 'ECR Image Scan' }],
    ['an object of a bucket of somebody else', changed('object', { bucket: { name: 'photos' } })],
    ['an object that was deleted', { ...events.object, 'detail-type': 'Object Deleted' }],
    ['an event of the conductor itself', { ...events.published, source: 'verdigris' }],
    ['an alarm that recovered', changed('alarm', { state: { value: 'OK' } })],
    ['an alarm of the stack itself', changed('alarm', { alarmName: 'verdigris-dev-retire' })],
    ['an alarm without data', changed('alarm', { state: { value: 'INSUFFICIENT_DATA' } })],
    ['an execution that began', changed('ended', { status: 'RUNNING' })],
    ['an execution that is being redriven', changed('ended', { status: 'PENDING_REDRIVE' })],
    ['a retirement', changed('ended', { stateMachineArn: machine('verdigris-dev-retire') })],
    [
      'a release of another stage',
      changed('ended', { stateMachineArn: machine('verdigris-prod-release') }),
    ],
    ['a machine of somebody else', changed('ended', { stateMachineArn: machine('orders') })],
    ['nothing at all', {}],
  ])('leave %s alone', (_, event) => {
    expect(matchedBy(event)).toEqual([]);
  });

  it.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'])(
    'tell of releases and rollbacks that are %s',
    (status) => {
      const stateMachineArn = machine('verdigris-dev-rollback');

      expect(matchedBy(changed('ended', { status }))).toHaveLength(1);
      expect(matchedBy(changed('ended', { status, stateMachineArn }))).toHaveLength(1);
    },
  );

  it('look for stranded releases every five minutes, without a pile of late looks', () => {
    const scheduled = rules().filter(({ ScheduleExpression }) => ScheduleExpression !== undefined);
    const [{ ScheduleExpression, Targets } = { ScheduleExpression: '', Targets: [] }] = scheduled;

    expect(scheduled).toHaveLength(1);
    expect(ScheduleExpression).toBe('rate(5 minutes)');
    expect(Targets).toEqual([
      expect.objectContaining({
        Arn: `\${${logicalFunction('sweep')}.Arn}`,
        DeadLetterConfig: { Arn: '${OnExecutionEndedDeadLetters.Arn}' },
        RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 3 },
      }),
    ]);
  });

  it('let each function be called by exactly its rules', () => {
    const permitted = resourcesOf('AWS::Lambda::Permission')
      .map(([, { Properties }]) => spelled(Properties) as Record<string, string>)
      .filter(({ Principal }) => Principal === 'events.amazonaws.com')
      .map(({ FunctionName, SourceArn }) => `${SourceArn} → ${FunctionName}`);
    const wired = rules().map(({ Name, Targets }) => `${ruleArn(Name)} → ${Targets[0]?.Arn}`);

    expect(permitted.toSorted()).toEqual(wired.toSorted());
  });
});

function ruleArn(name: string): string {
  return `arn:\${AWS::Partition}:events:\${AWS::Region}:\${AWS::AccountId}:rule/${name}`;
}

describe.each(triggers)('behind %s', (name) => {
  const queue = queueOf(name);

  it('is a queue for what EventBridge cannot deliver', () => {
    const targets = rules()
      .flatMap(({ Targets }) => Targets)
      .filter(({ Arn }) => Arn === `\${${logicalFunction(name)}.Arn}`);

    expect(targets.length).toBeGreaterThan(0);
    for (const { DeadLetterConfig, RetryPolicy } of targets) {
      expect(DeadLetterConfig).toEqual({ Arn: `\${${queue}.Arn}` });
      expect(RetryPolicy?.MaximumRetryAttempts).toBeGreaterThan(0);
    }
  });

  it('is a queue for what fails every time', () => {
    const config = resourcesOf('AWS::Lambda::EventInvokeConfig')
      .map(([, { Properties }]) => spelled(Properties) as Record<string, unknown>)
      .find(({ FunctionName }) => FunctionName === `\${${logicalFunction(name)}}`);

    expect(config).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: `\${${queue}.Arn}` } },
    });
  });

  it('is a queue that keeps for two weeks, encrypted', () => {
    expect(propertiesOf(queue)).toEqual({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  it('is an alarm that calls the operators for one message', () => {
    expect(spelled(propertiesOf(`${queue}Alarm`))).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: `\${${queue}.QueueName}` }],
      Statistic: 'Maximum',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      AlarmActions: ['${OperatorsTopic}'],
    });
  });

  it('is a queue into which only its own triggers put anything', () => {
    const policies = resourcesOf('AWS::SQS::QueuePolicy')
      .map(([, { Properties }]) => Properties)
      .filter(({ Queues }) => listed(Queues).includes(`\${${queue}}`));
    const sources = policies.flatMap(({ PolicyDocument }) =>
      statementsOf(PolicyDocument).flatMap(sourcesOf),
    );
    const own = rules()
      .filter(({ Targets }) => Targets[0]?.DeadLetterConfig?.Arn === `\${${queue}.Arn}`)
      .map(({ Name }) => `events.amazonaws.com ${ruleArn(Name)}`);
    const bySns = name === 'onAlarm' ? ['sns.amazonaws.com ${AlarmsTopic}'] : [];

    expect(policies).toHaveLength(1);
    expect(sources.toSorted()).toEqual([...own, ...bySns].toSorted());
  });
});

/** Who may send for which source: `service ARN`. */
function sourcesOf({ Action, Principal, Condition }: Statement): string[] {
  expect(Action).toBe('sqs:SendMessage');
  const { Service } = Principal as { Service: string };
  return listed(Condition?.ArnEquals?.['aws:SourceArn']).map((arn) => `${Service} ${arn}`);
}

describe('the alarms topic', () => {
  it('brings its messages to onAlarm, with a queue for what it cannot deliver', () => {
    const subscriptions = resourcesOf('AWS::SNS::Subscription').map(([, { Properties }]) =>
      spelled(Properties),
    );

    expect(subscriptions).toEqual([
      {
        TopicArn: '${AlarmsTopic}',
        Protocol: 'lambda',
        Endpoint: '${OnAlarmLambdaFunction.Arn}',
        RedrivePolicy: { deadLetterTargetArn: '${OnAlarmDeadLetters.Arn}' },
      },
    ]);
    expect(spelled(propertiesOf('AlarmsPermission'))).toMatchObject({
      Principal: 'sns.amazonaws.com',
      SourceArn: '${AlarmsTopic}',
    });
  });

  it.each(['AlarmsTopic', 'OperatorsTopic'])('%s takes alarms of this account only', (topic) => {
    const policy = spelled(propertiesOf(`${topic}Policy`)) as Record<string, unknown>;

    expect(policy.Topics).toEqual([`\${${topic}}`]);
    expect(statementsOf(policy.PolicyDocument)).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: `\${${topic}}`,
        Condition: {
          StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' },
          ArnLike: {
            'aws:SourceArn':
              'arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*',
          },
        },
      },
    ]);
  });

  it('and the others are encrypted with a key that CloudWatch may use', () => {
    const topics = resourcesOf('AWS::SNS::Topic').map(([, { Properties }]) => spelled(Properties));
    const key = propertiesOf('TopicsKey');
    const services = statementsOf(key.KeyPolicy).filter(({ Principal }) =>
      JSON.stringify(Principal).includes('cloudwatch.amazonaws.com'),
    );

    expect(topics).toHaveLength(3);
    for (const topic of topics) expect(topic).toEqual({ KmsMasterKeyId: '${TopicsKey}' });
    expect(key.EnableKeyRotation).toBe(true);
    expect(services.map((it) => [it.Action, spelled(it.Condition)])).toEqual([
      [
        ['kms:Decrypt', 'kms:GenerateDataKey*'],
        { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
      ],
    ]);
  });
});

describe('the operators', () => {
  it.each([
    ['OnAlarmErrorsAlarm', 'AWS/Lambda', 'Errors', '${OnAlarmLambdaFunction}'],
    ['RollbackFailedAlarm', 'AWS/Lambda', 'Invocations', '${ReportRollbackFailedLambdaFunction}'],
    ['RollbackExecutionsAlarm', 'AWS/States', 'ExecutionsFailed', '${RollbackStateMachine}'],
    ['RetireExecutionsAlarm', 'AWS/States', 'ExecutionsFailed', '${RetireStateMachine}'],
  ])('hear by %s of the first time', (name, Namespace, MetricName, subject) => {
    const alarm = spelled(propertiesOf(name)) as { Dimensions: { Value: string }[] };

    expect(alarm).toMatchObject({
      Namespace,
      MetricName,
      Statistic: 'Sum',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: ['${OperatorsTopic}'],
    });
    expect(alarm.Dimensions.map(({ Value }) => Value)).toEqual([subject]);
  });

  it('hear of alarms that no rule takes for one of a service', () => {
    const names = resourcesOf('AWS::CloudWatch::Alarm').map(
      ([, { Properties }]) => Properties.AlarmName as string,
    );

    expect(new Set(names).size).toBe(triggers.length + 4);
    for (const alarmName of names) expect(matchedBy(changed('alarm', { alarmName }))).toEqual([]);
  });

  it('hear of nothing else', () => {
    expect(resourcesOf('AWS::CloudWatch::Alarm')).toHaveLength(triggers.length + 4);
  });
});

describe('the HTTP API', () => {
  it('leads every request to http, with a limit', () => {
    const routes = resourcesOf('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);

    expect(routes.map(({ RouteKey, AuthorizationType }) => [RouteKey, AuthorizationType])).toEqual([
      ['$default', undefined],
      [awsRouteKey, 'AWS_IAM'],
    ]);
    expect(propertiesOf('HttpApiIntegrationHttp')).toMatchObject({ PayloadFormatVersion: '2.0' });
    expect(propertiesOf('HttpApiStage')).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 25, ThrottlingBurstLimit: 50 },
    });
  });

  it('writes down who asked for what, in JSON and without headers', () => {
    const { Format } = propertiesOf('HttpApiStage').AccessLogSettings as { Format: string };

    expect(Object.keys(JSON.parse(Format))).toEqual(
      expect.arrayContaining(['time', 'method', 'path', 'status', 'ip']),
    );
    expect(Format).not.toMatch(/authorization|header/i);
  });

  it('ends its function before it gives up itself, after 30 s', () => {
    expect(propertiesOf('HttpLambdaFunction').Timeout).toBeLessThan(30);
  });
});

describe('the matcher', () => {
  it('knows exact values, wildcards, lists and what is missing', () => {
    expect(matches({ a: ['x', 'y'] }, { a: 'y' })).toBe(true);
    expect(matches({ a: ['x'] }, { a: ['z', 'x'] })).toBe(true);
    expect(matches({ a: [{ wildcard: 'web-*-v*' }] }, { a: 'web-eu-v2' })).toBe(true);
    expect(matches({ a: [{ wildcard: 'web-*' }] }, { a: 'a-web-1' })).toBe(false);
    expect(matches({ a: [{ 'anything-but': { prefix: 'web-' } }] }, { a: 'api-web-1' })).toBe(true);
    expect(matches({ a: [{ 'anything-but': { prefix: 'web-' } }] }, { a: 'web-1' })).toBe(false);
    expect(matches({ a: [{ 'anything-but': { prefix: 'web-' } }] }, {})).toBe(false);
    expect(matches({ a: { b: ['x'] } }, { a: {} })).toBe(false);
    expect(matches({ a: { b: ['x'] } }, {})).toBe(false);
    for (const other of [{ prefix: 'x' }, { 'anything-but': 'y' }, { 'anything-but': ['y'] }])
      expect(() => matches({ a: [other] }, { a: 'x' })).toThrow(/no such matcher/);
  });
});
