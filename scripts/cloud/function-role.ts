import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { clientConfig, emulatedAccount } from './emulators.ts';

/** A role for a function of the emulated cloud that needs no rights of its own: its ARN. */
export async function createFunctionRole(url: string, name: string): Promise<string> {
  const trust = {
    Effect: 'Allow',
    Principal: { Service: 'lambda.amazonaws.com' },
    Action: 'sts:AssumeRole',
  };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  const command = new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: policy });
  await new IAMClient(clientConfig(url)).send(command);
  return `arn:aws:iam::${emulatedAccount}:role/${name}`;
}
