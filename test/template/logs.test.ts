import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readPage } from '../unit/docs/pages.ts';
import { propertiesOf, readTemplate, resourcesOf, spelled } from './packaged.ts';

interface ServiceFile {
  params: Record<string, Record<string, unknown>>;
}
const { params }: ServiceFile = parse(readPage('serverless.yml'), { logLevel: 'silent' });

describe('the logs', () => {
  it('are kept for the time that the stage says, and none for ever', () => {
    const groups = resourcesOf('AWS::Logs::LogGroup');

    expect(groups.length).toBeGreaterThan(0);
    for (const [name, { Properties }] of groups)
      expect(Properties.RetentionInDays, name).toBe(params.default?.logRetentionDays);
    expect(params.prod?.logRetentionDays).toBe(365);
  });

  it('have a group for every function, which the function waits for', () => {
    const names = resourcesOf('AWS::Logs::LogGroup').map(
      ([, { Properties }]) => Properties.LogGroupName,
    );

    for (const [id, { Properties, DependsOn }] of resourcesOf('AWS::Lambda::Function')) {
      expect(names).toContain(`/aws/lambda/${Properties.FunctionName}`);
      expect([DependsOn].flat(), id).toContain(id.replace(/LambdaFunction$/, 'LogGroup'));
    }
  });

  it('have a group for the HTTP API and one for the state machines', () => {
    const { AccessLogSettings } = propertiesOf('HttpApiStage');

    expect(spelled(AccessLogSettings)).toMatchObject({ DestinationArn: '${HttpApiLogGroup.Arn}' });
    for (const [name, { Properties }] of resourcesOf('AWS::StepFunctions::StateMachine')) {
      expect(JSON.stringify(Properties.LoggingConfiguration), name).toContain('"ExecutionLogs"');
    }
    expect(Object.keys(readTemplate().Resources)).toEqual(
      expect.arrayContaining(['HttpApiLogGroup', 'ExecutionLogs']),
    );
  });
});
