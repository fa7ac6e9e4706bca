import { type EvaluationResult, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetResourcePolicyCommand } from '@aws-sdk/client-secrets-manager';
import { admits, readPolicy } from '../../aws/policy-statements.ts';
import { orNull, orOurs } from '../../aws/provider-errors.ts';
import type { IamApi, SecretsManagerApi } from '../secrets.ts';
import type { Found } from './stores.ts';
import type { Wanted } from './wanted.ts';

/** Something that is there, and who has to be able to read it. */
export interface Reading {
  wanted: Wanted;
  found: Found;
  /** ARN of a role. */
  role: string;
}

/** Whether it can be read, as far as policies say. */
export interface Access {
  reading: Reading;
  /** Null for yes. */
  problem: { verdict: 'fail' | 'warn'; says: string } | null;
}

/** One thing to be asked of IAM. Any of the actions will do. */
interface Question {
  role: string;
  actions: string[];
  resource: string;
  /** A condition that such policies usually have, with what a reader would have there. */
  context: { key: string; value: string };
}

/** What IAM says, the most favourable of several actions. */
interface Decision {
  decision: string;
  /** Keys of conditions that the simulation had no value for. */
  unknownKeys: string[];
}

/**
 * Asks IAM whether roles may read: identity policies, boundaries and those of the organization. The
 * simulation leaves policies of resources out for roles (API_SimulatePrincipalPolicy), so a secret's own
 * is read where the role's say nothing; a key's is not.
 * @throws ConfigInvalidError, ThrottledError
 */
export async function askAccess(
  readings: readonly Reading[],
  clients: { iam: IamApi; secretsManager: SecretsManagerApi },
  abortSignal: AbortSignal,
): Promise<Access[]> {
  const questions = readings.flatMap((reading) => [readQuestion(reading), ...keyQuestion(reading)]);
  const decisions = await simulate(questions, clients.iam, abortSignal);
  return Promise.all(
    readings.map(async (reading) => {
      const read = decisions(readQuestion(reading));
      const problem =
        (await readProblem(reading, read, clients.secretsManager, abortSignal)) ??
        keyProblem(reading, keyQuestion(reading).map(decisions)[0]);
      return { reading, problem };
    }),
  );
}

/** ECS reads parameters by GetParameters (AmazonECS: task_execution_IAM_role); programs by what they like. */
function readQuestion({ role, found, wanted }: Reading): Question {
  const parameterActions =
    wanted.reader === 'starter'
      ? ['ssm:GetParameters']
      : ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'];
  const isSecret = wanted.reference.store === 'secrets-manager';
  const actions = isSecret ? ['secretsmanager:GetSecretValue'] : parameterActions;
  const context = { key: 'secretsmanager:VersionStage', value: 'AWSCURRENT' };
  return { role, actions, resource: found.arn, context };
}

function keyQuestion({ role, found: { arn, keyArn } }: Reading): Question[] {
  if (keyArn === null) return [];
  const [, , service, region] = arn.split(':');
  const context = { key: 'kms:ViaService', value: `${service}.${region}.amazonaws.com` };
  return [{ role, actions: ['kms:Decrypt'], resource: keyArn, context }];
}

/** One call for all resources of the same role and actions. */
async function simulate(
  questions: readonly Question[],
  iam: IamApi,
  abortSignal: AbortSignal,
): Promise<(question: Question) => Decision> {
  const groups = Map.groupBy(questions, ({ role, actions, context }) =>
    [role, context.value, ...actions].join(' '),
  );
  const answers = await Promise.all(
    [...groups.values()].map(async (group) => {
      const results = await simulateGroup(group, iam, abortSignal);
      return group.map((question) => [keyOf(question), decisionOn(question, results)] as const);
    }),
  );
  const known = new Map(answers.flat());
  return (question) => known.get(keyOf(question)) ?? { decision: 'unknown', unknownKeys: [] };
}

const keyOf = ({ role, actions, resource }: Question) => [role, ...actions, resource].join(' ');

async function simulateGroup(
  group: readonly Question[],
  iam: IamApi,
  abortSignal: AbortSignal,
): Promise<EvaluationResult[]> {
  const [first] = group;
  if (!first) return [];
  const { role, actions, context } = first;
  const found: EvaluationResult[] = [];
  let Marker: string | undefined;
  do {
    const command = new SimulatePrincipalPolicyCommand({
      PolicySourceArn: role,
      ActionNames: actions,
      ResourceArns: [...new Set(group.map(({ resource }) => resource))],
      ContextEntries: [
        {
          ContextKeyName: context.key,
          ContextKeyValues: [context.value],
          ContextKeyType: 'string',
        },
      ],
      Marker,
    });
    const call = { provider: 'IAM', action: 'iam:SimulatePrincipalPolicy', of: `role ${role}` };
    const answer = await orOurs(iam.send(command, { abortSignal }), call);
    found.push(...(answer.EvaluationResults ?? []));
    Marker = answer.IsTruncated ? answer.Marker : undefined;
  } while (Marker);
  return found;
}

const preference = ['allowed', 'implicitDeny', 'explicitDeny'];

function decisionOn({ resource }: Question, results: readonly EvaluationResult[]): Decision {
  const own = results.filter(({ EvalResourceName }) => EvalResourceName === resource);
  const best = preference.find((it) => own.some(({ EvalDecision }) => EvalDecision === it));
  const unknownKeys = own.flatMap(({ MissingContextValues }) => MissingContextValues ?? []);
  return { decision: best ?? 'unknown', unknownKeys: [...new Set(unknownKeys)].sort() };
}

async function readProblem(
  { wanted, found, role }: Reading,
  { decision, unknownKeys }: Decision,
  client: SecretsManagerApi,
  abortSignal: AbortSignal,
): Promise<Access['problem']> {
  if (decision === 'allowed') return null;
  const [action] = readQuestion({ wanted, found, role }).actions;
  const says = `${nameOf(role)} may not read ${wanted.reference.id}: allow it ${action}`;
  if (decision === 'explicitDeny') return { verdict: 'fail', says: `${says}, which is denied` };
  if (unknownKeys.length > 0) return { verdict: 'warn', says: dependent(says, unknownKeys) };
  if (wanted.reference.store !== 'secrets-manager') return { verdict: 'fail', says };
  const own = await admittedBySecret(found.arn, role, client, abortSignal);
  if (own === 'yes') return null;
  if (own === 'no') return { verdict: 'fail', says };
  return {
    verdict: 'warn',
    says: `${says}, unless the secret's own policy does under its condition`,
  };
}

function dependent(says: string, keys: readonly string[]): string {
  return `${says}, unless ${keys.join(', ')} decides otherwise`;
}

/** A key may be opened by its own policy as well, so that its absence from the role's is only a doubt. */
function keyProblem({ wanted, role, found }: Reading, decision: Decision | undefined) {
  if (!decision || decision.decision === 'allowed') return null;
  const says = `${nameOf(role)} may not decrypt ${wanted.reference.id}: allow it kms:Decrypt on ${found.keyArn}`;
  if (decision.decision === 'explicitDeny')
    return { verdict: 'fail' as const, says: `${says}, which is denied` };
  return { verdict: 'warn' as const, says: `${says}, unless the key's own policy does` };
}

async function admittedBySecret(
  arn: string,
  role: string,
  client: SecretsManagerApi,
  abortSignal: AbortSignal,
): Promise<'yes' | 'no' | 'perhaps'> {
  const answer = await orNull(
    client.send(new GetResourcePolicyCommand({ SecretId: arn }), { abortSignal }),
    {
      provider: 'Secrets Manager',
      action: 'secretsmanager:GetResourcePolicy',
      of: `secret ${arn}`,
    },
    'ResourceNotFoundException',
  );
  const statements = answer?.ResourcePolicy ? readPolicy(answer.ResourcePolicy) : [];
  return admits(statements, { principal: role, action: 'secretsmanager:GetSecretValue' });
}

function nameOf(role: string): string {
  return `role ${role.split(':role/').at(-1)?.split('/').at(-1) ?? role}`;
}
