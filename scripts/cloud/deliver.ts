import { randomUUID } from 'node:crypto';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { emulatedAccount, emulatedRegion } from './emulators.ts';
import { functionNameOf } from './stack.ts';

/** What differs between the events of AWS's services. */
export interface AwsEvent {
  source: string;
  'detail-type': string;
  resources: string[];
  detail: object;
}

/**
 * Gives a function an event of AWS's own, in the envelope in which EventBridge does
 * (eventbridge/latest/userguide/eb-events-structure.html), and waits until it is through with it.
 * Nobody else can put such an event on a bus: PutEvents answers NotAuthorizedForSourceException for any
 * source that begins with `aws.`, and the emulator does so too.
 * @throws Error with what the function said when it failed.
 */
export async function deliver(
  lambda: LambdaClient,
  functionKey: string,
  event: AwsEvent,
): Promise<void> {
  const envelope = {
    version: '0',
    id: randomUUID(),
    account: emulatedAccount,
    time: new Date().toISOString(),
    region: emulatedRegion,
    ...event,
  };
  const { FunctionError, Payload = [] } = await lambda.send(
    new InvokeCommand({
      FunctionName: functionNameOf(functionKey),
      Payload: JSON.stringify(envelope),
    }),
  );
  if (FunctionError) throw new Error(`${functionKey}: ${Buffer.from(Payload).toString('utf8')}`);
}
