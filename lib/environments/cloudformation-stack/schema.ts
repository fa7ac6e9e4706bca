import { z } from 'zod';

const parameterName = z.string().regex(/^[A-Za-z0-9]{1,255}$/, 'needs 1 to 255 of A-Z a-z 0-9');

/** `environment: { kind: cloudformation-stack, outputs: … }` of a manifest. */
export const cloudFormationStackSchema = z.strictObject({
  kind: z.literal('cloudformation-stack'),
  stackPrefix: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,39}$/, 'needs 1 to 40 of A-Z a-z 0-9 -, starting with a letter')
    .default('release-')
    .describe('What the names of stacks begin with; the rest is the release'),
  parameters: z
    .record(parameterName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe("Values of the template's parameters, the same for every release; no secrets"),
  versionParameter: parameterName
    .optional()
    .describe("The parameter that gets the artifact's version"),
  tags: z
    .record(
      z
        .string()
        .regex(/^(?!aws:|verdigris:).{1,128}$/i, 'begins with aws: or verdigris:, or is too long'),
      z.string().max(256),
    )
    .refine((tags) => Object.keys(tags).length <= 40, 'has more than 40 entries')
    .default({})
    .describe('Tags of the stack, which CloudFormation hands on to what it makes'),
  capabilities: z
    .array(z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']))
    .default([])
    .describe('What the template may do besides: make roles, use macros'),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, "needs a role's ARN")
    .optional()
    .describe(
      "The role as which CloudFormation makes and removes resources; the conductor's if absent",
    ),
  outputs: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'needs 1 to 64 of A-Z a-z 0-9'),
      parameterName,
    )
    .default({})
    .describe(
      'What the router and checks need, by the outputs that have it: `address`, `targetGroupArn`, …',
    ),
});
