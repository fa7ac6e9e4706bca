import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  type Action,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { clientConfig } from '../../scripts/cloud/emulators.ts';

/** A load balancer with one HTTP listener on an emulator. */
export interface EmulatedLoadBalancer {
  api: ElasticLoadBalancingV2Client;
  listenerArn: string;
  /** A target group with two targets and no deregistration delay. @returns its ARN. */
  makeGroup(name: string, tags?: Record<string, string>): Promise<string>;
  /** A rule for that host. @returns its ARN. */
  makeRule(priority: number, host: string, actions: Action[]): Promise<string>;
  remove(): Promise<void>;
}

/** What a listener says that has nothing to forward to yet. */
export const notThereYet: Action = {
  Type: 'fixed-response',
  FixedResponseConfig: { StatusCode: '503', ContentType: 'text/plain', MessageBody: 'soon' },
};

let balancers = 0;

/** A load balancer of its own on that endpoint, whose listener answers 503. */
export async function createEmulatedLoadBalancer(endpoint: string): Promise<EmulatedLoadBalancer> {
  const options = clientConfig(endpoint);
  const api = new ElasticLoadBalancingV2Client(options);
  balancers += 1;
  const name = `shop-${process.pid}-${balancers}`;
  const { vpcId, subnets } = await createNetwork(new EC2Client(options));
  const { LoadBalancers } = await api.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: subnets }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
  const { Listeners } = await api.send(
    new CreateListenerCommand({
      LoadBalancerArn,
      Protocol: 'HTTP',
      Port: 8000 + balancers,
      DefaultActions: [notThereYet],
    }),
  );
  const listenerArn = Listeners?.[0]?.ListenerArn ?? '';
  const groups: string[] = [];
  return {
    api,
    listenerArn,
    async makeGroup(suffix, tags = {}) {
      const arn = await createGroup(api, `${name}-${suffix}`, vpcId, tags);
      groups.push(arn);
      return arn;
    },
    async makeRule(Priority, host, Actions) {
      const Conditions = [{ Field: 'host-header', HostHeaderConfig: { Values: [host] } }];
      const input = { ListenerArn: listenerArn, Priority, Conditions, Actions };
      const { Rules } = await api.send(new CreateRuleCommand(input));
      return Rules?.[0]?.RuleArn ?? '';
    },
    async remove() {
      await api.send(new DeleteListenerCommand({ ListenerArn: listenerArn }));
      await api.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
      for (const TargetGroupArn of groups)
        await api.send(new DeleteTargetGroupCommand({ TargetGroupArn }));
    },
  };
}

async function createNetwork(ec2: EC2Client): Promise<{ vpcId: string; subnets: string[] }> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const vpcId = Vpc?.VpcId ?? '';
  const subnets = ['a', 'b'].map(async (zone, index) => {
    const AvailabilityZone = `us-east-1${zone}`;
    const CidrBlock = `10.0.${index}.0/24`;
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: vpcId, CidrBlock, AvailabilityZone }),
    );
    return Subnet?.SubnetId ?? '';
  });
  return { vpcId, subnets: await Promise.all(subnets) };
}

async function createGroup(
  api: ElasticLoadBalancingV2Client,
  Name: string,
  VpcId: string,
  tags: Record<string, string>,
): Promise<string> {
  const { TargetGroups } = await api.send(
    new CreateTargetGroupCommand({
      Name,
      VpcId,
      Protocol: 'HTTP',
      Port: 80,
      TargetType: 'ip',
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? '';
  const Targets = ['10.0.0.11', '10.0.1.11'].map((Id) => ({ Id, Port: 80 }));
  await api.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const Attributes = [{ Key: 'deregistration_delay.timeout_seconds', Value: '0' }];
  await api.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
  return TargetGroupArn;
}
