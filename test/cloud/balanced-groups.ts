import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** A load balancer on an emulator with target groups, each with a listener of its own. */
export interface EmulatedLoadBalancer {
  elb: ElasticLoadBalancingV2Client;
  subnetId: string;
  targetGroupArns: string[];
  remove(): Promise<void>;
}

/** What every client of an emulator needs. */
export function emulatedOptions(endpoint: string) {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint, region: 'us-east-1', credentials };
}

/** A load balancer with so many target groups, in a network of its own. */
export async function createEmulatedLoadBalancer(
  endpoint: string,
  name: string,
  { count, targetType }: { count: number; targetType: 'ip' | 'instance' },
): Promise<EmulatedLoadBalancer> {
  const elb = new ElasticLoadBalancingV2Client(emulatedOptions(endpoint));
  const network = await createNetwork(endpoint);
  const { LoadBalancers: [balancer] = [] } = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: network.subnetIds }),
  );
  const targetGroupArns: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { TargetGroups: [group] = [] } = await elb.send(
      new CreateTargetGroupCommand({
        Name: `${name}-${index}`,
        Protocol: 'HTTP',
        Port: 8080,
        VpcId: network.vpcId,
        TargetType: targetType,
      }),
    );
    targetGroupArns.push(group?.TargetGroupArn ?? '');
  }
  await attach(elb, balancer?.LoadBalancerArn ?? '', targetGroupArns);
  const [subnetId = ''] = network.subnetIds;
  return {
    elb,
    subnetId,
    targetGroupArns,
    async remove() {
      const LoadBalancerArn = balancer?.LoadBalancerArn;
      await elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
      elb.destroy();
    },
  };
}

async function createNetwork(endpoint: string) {
  const ec2 = new EC2Client(emulatedOptions(endpoint));
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
  const vpcId = Vpc?.VpcId ?? '';
  const subnetIds = [];
  for (const [index, zone] of ['us-east-1a', 'us-east-1b'].entries()) {
    const CidrBlock = `10.7.${index}.0/24`;
    const command = new CreateSubnetCommand({ VpcId: vpcId, CidrBlock, AvailabilityZone: zone });
    subnetIds.push((await ec2.send(command)).Subnet?.SubnetId ?? '');
  }
  ec2.destroy();
  return { vpcId, subnetIds };
}

/** A listener for each group, which leads there for good: what is not in use has a load balancer too. */
async function attach(
  elb: ElasticLoadBalancingV2Client,
  LoadBalancerArn: string,
  groups: readonly string[],
): Promise<void> {
  for (const [index, TargetGroupArn] of groups.entries()) {
    await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Protocol: 'HTTP',
        Port: 8080 + index,
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    );
  }
}
