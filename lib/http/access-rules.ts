import { z } from 'zod';
import { type Grant, grantSchema } from '../release/access.ts';
import { VerdigrisError } from '../release/errors.ts';
import { describeIssues } from '../release/issues.ts';
import { isForOthers, notForOthers, secretNamePattern } from '../secrets/secrets.ts';
import { isLoopback } from './loopback.ts';

/** What a sign-in provider says about somebody. */
export type Claims = Readonly<Record<string, unknown>>;

/** Somebody whose rights the rules decide about. */
export type Subject = { claims: Claims } | { arn: string } | { chat: string };

const issuer = z
  .string()
  .max(300)
  .refine(isSafeUrl, { error: 'needs an https URL (http only for this machine), without a query' });

const oidcSchema = z.strictObject({
  issuer: issuer.describe('As it stands in its tokens: every character counts'),
  audience: z
    .string()
    .min(1)
    .max(300)
    .describe('What `aud` of a bearer token must be or contain; not checked against anything else'),
  clientId: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('Of this conductor at the issuer; without it nobody signs in with a browser'),
  clientSecret: z
    .string()
    .regex(secretNamePattern, 'needs the name of a secret, not the secret itself')
    .refine(isForOthers, notForOthers)
    .optional()
    .describe('Name of the secret that the issuer wants from this client'),
  actorClaim: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe('The claim that events call a person by; email, else sub, if absent'),
  scopes: z
    .string()
    .regex(
      /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
      'needs names with blanks between',
    )
    .default('openid email profile')
    .describe('What a sign-in asks for'),
});

const claimRule = z.strictObject({
  claim: z.string().min(1).max(200),
  value: z.string().min(1).max(300),
  ...grantSchema.shape,
});
const arnRule = z.strictObject({
  // An account with a wildcard in it would let strangers in.
  arn: z
    .string()
    .max(300)
    .regex(/^arn:[a-z-]+:(iam|sts)::\d{12}:\S+$/, {
      error: 'needs arn:aws:iam::<account>:… or arn:aws:sts::<account>:…, * only after the account',
    }),
  ...grantSchema.shape,
});
const chatRule = z.strictObject({
  chat: z.string().regex(/^(slack|pagerduty):[A-Z0-9]{2,40}$/, {
    error: 'needs slack:<member id> or pagerduty:<user id>, such as slack:U024BE7LH',
  }),
  ...grantSchema.shape,
});

/** One line of who may do what: a role for services, and whom it is for. */
const ruleSchema = z.unknown().transform((rule, context): AccessRule => {
  const schema = schemaFor(rule);
  if (!schema) {
    context.addIssue({ code: 'custom', message: 'needs one of claim (with value), arn or chat' });
    return z.NEVER;
  }
  const parsed = schema.safeParse(rule);
  if (parsed.success) return parsed.data;
  for (const { path, reason } of describeIssues(parsed.error, rule, schema)) {
    context.addIssue({ code: 'custom', path: path === '' ? [] : [path], message: reason });
  }
  return z.NEVER;
});

/** Who may do what, as `access:` of a verdigris.yml and the parameter `access` on AWS say it. */
export const accessSchema = z.strictObject({
  oidc: oidcSchema.optional(),
  rules: z.array(ruleSchema).max(500).default([]),
});

type AccessRule = z.output<typeof claimRule> | z.output<typeof arnRule> | z.output<typeof chatRule>;

export type OidcConfig = z.output<typeof oidcSchema>;
export type AccessConfig = z.output<typeof accessSchema>;

/** Who may do what. */
export interface Access {
  oidc: OidcConfig | null;
  /** Empty for somebody whom no rule is for. */
  grantsOf(subject: Subject): readonly Grant[];
  /**
   * Of somebody's claims those that a rule asks for, with the values that it asks for: as much as
   * {@link grantsOf} needs to come to the same answer.
   */
  decisiveClaims(claims: Claims): Record<string, string[]>;
}

/**
 * Reads an access configuration. `where` names it in the message.
 * @throws ConfigInvalidError with every path and reason.
 */
export function parseAccess(source: unknown, where: string): AccessConfig {
  const parsed = accessSchema.safeParse(source ?? {});
  if (parsed.success) return parsed.data;
  const issues = describeIssues(parsed.error, source, accessSchema);
  const lines = issues.map(({ path, reason }) => `${path ? `${where}.${path}` : where}: ${reason}`);
  throw new VerdigrisError('ConfigInvalidError', lines.join('; '), { details: { issues } });
}

/** Who may do what, by a configuration. */
export function createAccess({ oidc, rules }: AccessConfig): Access {
  return {
    oidc: oidc ?? null,
    grantsOf: (subject) =>
      rules.flatMap((rule) =>
        isFor(rule, subject) ? [{ role: rule.role, services: rule.services }] : [],
      ),
    decisiveClaims(claims) {
      const decisive: Record<string, string[]> = Object.create(null);
      for (const rule of rules) {
        if (!('claim' in rule)) continue;
        const found = valuesOf(claims, rule.claim).filter((it) => fits(rule.value, it));
        if (found.length === 0) continue;
        decisive[rule.claim] = [...new Set([...(decisive[rule.claim] ?? []), ...found])];
      }
      return { ...decisive };
    },
  };
}

function isFor(rule: AccessRule, subject: Subject): boolean {
  if ('claims' in subject) {
    return (
      'claim' in rule && valuesOf(subject.claims, rule.claim).some((it) => fits(rule.value, it))
    );
  }
  if ('arn' in subject) return 'arn' in rule && matchesPattern(rule.arn, subject.arn);
  return 'chat' in rule && rule.chat === subject.chat;
}

/** A star at the end stands for any ending; anywhere else it is a star. */
function fits(wanted: string, value: string): boolean {
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}

/**
 * The texts of a claim, of a list each of its members. `realm_access.roles` reaches into an object,
 * unless there is a claim of that very name.
 */
function valuesOf(claims: Claims, name: string): string[] {
  if (name === 'email' && !hasVerifiedEmail(claims)) return [];
  const value = Object.hasOwn(claims, name) ? claims[name] : at(claims, name.split('.'));
  return [value].flat().flatMap((it) => (isScalar(it) ? [String(it)] : []));
}

function at(value: unknown, [key, ...rest]: string[]): unknown {
  if (key === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return at((value as Record<string, unknown>)[key], rest);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** An address that a provider says nobody has proven is none: anybody can type it in. */
export function hasVerifiedEmail({ email_verified: isVerified }: Claims): boolean {
  return isVerified === undefined || isVerified === true || isVerified === 'true';
}

/** Stars stand for any text. Walks the text once, so that no pattern is slow. */
function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, from);
    if (found === -1) return false;
    from = found + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

const ruleKinds = { claim: claimRule, arn: arnRule, chat: chatRule } as const;

/** The one kind of rule whose condition is there. */
function schemaFor(rule: unknown) {
  if (typeof rule !== 'object' || rule === null) return undefined;
  const kinds = (['claim', 'arn', 'chat'] as const).filter((kind) => Object.hasOwn(rule, kind));
  return kinds.length === 1 && kinds[0] ? ruleKinds[kinds[0]] : undefined;
}

function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#@]/.test(text)) return false;
  const url = new URL(text);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}
