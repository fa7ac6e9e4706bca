import { z } from 'zod';
import { fraction } from '../../release/quantities.ts';

const listenerPattern =
  /^arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:listener\/(app|net)\/[A-Za-z0-9-]{1,32}\/[0-9a-z]+\/[0-9a-z]+$/;

const ruleSchema = z
  .strictObject({
    arn: z.string().optional().describe("The rule's ARN"),
    priority: z
      .int()
      .min(1)
      .max(50_000)
      .optional()
      .describe('The rule that has this priority, 1 to 50000'),
    host: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('The rule with this host header among its conditions, as it is written there'),
    path: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe('The rule with this path pattern among its conditions, as it is written there'),
  })
  .refine(isChosenOnce, 'needs an arn, or a priority, or a host and/or a path: one of the three');

function isChosenOnce({ arn, priority, host, path }: RuleChoice): boolean {
  const hasConditions = host !== undefined || path !== undefined;
  return [arn !== undefined, priority !== undefined, hasConditions].filter(Boolean).length === 1;
}

/** Which rule of a listener it is: by ARN, by priority, or by its conditions. */
export interface RuleChoice {
  arn?: string | undefined;
  priority?: number | undefined;
  host?: string | undefined;
  path?: string | undefined;
}

/** The manifest's part. */
export const albListenerSchema = z
  .strictObject({
    kind: z.literal('alb-listener'),
    listenerArn: z
      .string()
      .regex(
        listenerPattern,
        'needs the ARN of a listener of an Application or a Network Load Balancer: arn:aws:elasticloadbalancing:…:listener/app/… or …/net/…',
      )
      .describe('ARN of the listener; its default action is the route where no rule is named'),
    rule: ruleSchema
      .optional()
      .describe('The one rule that is the route; the default action if absent'),
    minHealthyTargets: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('So many targets of each side have to be healthy before traffic moves'),
    minHealthyShare: fraction
      .default(0.5)
      .describe(
        'So many healthy targets green needs before traffic moves, as a share of the targets that blue has registered; 50% if absent',
      ),
    allowUnhealthyBlue: z
      .boolean()
      .default(false)
      .describe(
        'Whether traffic may leave a blue that is not healthy any more, so that a release can fix it',
      ),
  })
  .refine(({ listenerArn, rule }) => isRuleOf(listenerArn, rule?.arn), {
    path: ['rule', 'arn'],
    error: 'needs the ARN of a rule of this very listener: …:listener-rule/… with the same names',
  })
  .refine(({ listenerArn, rule }) => !isNetwork(listenerArn) || !hasConditions(rule), {
    path: ['rule'],
    error:
      'has a host or a path, which no rule of a Network Load Balancer has: name it by arn or priority',
  });

/** The manifest's part with its defaults. */
export type AlbListenerConfig = z.output<typeof albListenerSchema>;

function isRuleOf(listenerArn: string, ruleArn: string | undefined): boolean {
  if (ruleArn === undefined) return true;
  return ruleArn.startsWith(`${listenerArn.replace(':listener/', ':listener-rule/')}/`);
}

function isNetwork(listenerArn: string): boolean {
  return listenerArn.includes(':listener/net/');
}

function hasConditions(rule: RuleChoice | undefined): boolean {
  return rule?.host !== undefined || rule?.path !== undefined;
}
