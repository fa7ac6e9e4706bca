import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { LoadBalancingApi } from '../../lib/aws/target-groups.ts';

type Send = (command: { input: object }) => Promise<unknown>;

/**
 * The same client, which sees to it before every look at targets that so many are registered as run:
 * what ECS and Auto Scaling do by themselves, and no emulator does.
 * @param running How many run in each target group, by its ARN.
 */
export function withTargets(
  elb: ElasticLoadBalancingV2Client,
  running: () => Promise<ReadonlyMap<string, number>>,
): LoadBalancingApi {
  const send: Send = async (command) => {
    if (command instanceof DescribeTargetHealthCommand) {
      const arn = command.input.TargetGroupArn ?? '';
      await register(elb, arn, (await running()).get(arn) ?? 0);
    }
    return (elb.send as Send)(command);
  };
  return { send } as unknown as LoadBalancingApi;
}

async function register(
  elb: ElasticLoadBalancingV2Client,
  TargetGroupArn: string,
  count: number,
): Promise<void> {
  const { TargetHealthDescriptions: found = [] } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  const Targets = found.flatMap(({ Target }) => Target ?? []);
  if (Targets.length > count) {
    const surplus = { TargetGroupArn, Targets: Targets.slice(count) };
    await elb.send(new DeregisterTargetsCommand(surplus));
  }
  for (let index = Targets.length; index < count; index += 1) {
    const Target = { Id: `10.7.0.${index + 10}`, Port: 8080 };
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [Target] }));
  }
}
