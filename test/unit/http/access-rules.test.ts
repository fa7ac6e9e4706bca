import { describe, expect, it } from 'vitest';
import { createAccess, parseAccess, type Subject } from '../../../lib/http/access-rules.ts';
import { isNamed } from '../../../lib/release/errors.ts';

const grantsBy = (rules: object[], subject: Subject) =>
  createAccess(parseAccess({ rules }, 'access')).grantsOf(subject);

function reasonFor(source: unknown): string {
  try {
    parseAccess(source, 'access');
  } catch (error) {
    if (isNamed(error, 'ConfigInvalidError')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('rules', () => {
  const viewer = { role: 'viewer', services: '*' };
  const isFor = (condition: object, subject: Subject) =>
    grantsBy([{ ...condition, role: 'viewer' }], subject).length === 1;

  it('give every grant whose condition fits, for all services where they name none', () => {
    const rules = [
      { claim: 'groups', value: 'web', role: 'releaser', services: ['storefront'] },
      { claim: 'groups', value: 'all', role: 'viewer' },
      { claim: 'groups', value: 'ops', role: 'operator' },
    ];

    expect(grantsBy(rules, { claims: { groups: ['all', 'web'] } })).toEqual([
      { role: 'releaser', services: ['storefront'] },
      viewer,
    ]);
    expect(grantsBy(rules, { claims: {} })).toEqual([]);
  });

  it.each([
    ['sub', 'ada', { sub: 'ada' }, true],
    ['sub', 'ada', { sub: 'adam' }, false],
    ['sub', 'repo:acme/*', { sub: 'repo:acme/shop:ref:refs/heads/main' }, true],
    ['sub', 'repo:acme/*', { sub: 'repo:acmevil/shop' }, false],
    ['sub', '*', { sub: 'anybody' }, true],
    ['sub', 'a*a', { sub: 'ada' }, false],
    ['sub', 'a*a', { sub: 'a*a' }, true],
    ['admin', 'true', { admin: true }, true],
    ['level', '3', { level: 3 }, true],
    ['groups', 'a', { groups: ['b', 'a'] }, true],
    ['groups', 'a', { groups: 'ab' }, false],
    ['groups', 'a', { groups: [['a']] }, false],
    ['groups', 'a', { groups: { a: true } }, false],
    ['realm_access.roles', 'ops', { realm_access: { roles: ['ops'] } }, true],
    ['https://example.org/roles', 'ops', { 'https://example.org/roles': ['ops'] }, true],
    ['constructor.name', 'Object', { sub: 'ada' }, false],
    ['toString', '*', { sub: 'ada' }, false],
    ['email', 'ada@example.org', { email: 'ada@example.org' }, true],
    ['email', 'ada@example.org', { email: 'ada@example.org', email_verified: true }, true],
    ['email', 'ada@example.org', { email: 'ada@example.org', email_verified: false }, false],
    ['email', '*', { email: 'ada@example.org', email_verified: 'false' }, false],
  ])('compare the claim %s with %s in %j: %s', (claim, value, claims, expected) => {
    expect(isFor({ claim, value }, { claims })).toBe(expected);
  });

  const account = 'arn:aws:sts::123456789012:assumed-role';
  it.each([
    [`${account}/Deployer/*`, `${account}/Deployer/ada`, true],
    [`${account}/Deployer/*`, `${account}/DeployerAdmin/ada`, false],
    [`${account}/*/ci-*-x`, `${account}/Any/ci-1-x`, true],
    [`${account}/*/ci-*-x`, `${account}/Any/ci-x`, false],
    [`${account}/a*a`, `${account}/a`, false],
    [`${account}/Deployer/ada`, `${account}/Deployer/ada`, true],
    [`${account}/Deployer/ada`, `${account}/Deployer/adam`, false],
    [`${account}/*`, 'arn:aws:sts::999999999999:assumed-role/Deployer/ada', false],
  ])('compare %s with %s: %s', (arn, userArn, expected) => {
    expect(isFor({ arn }, { arn: userArn })).toBe(expected);
  });

  it('compare somebody in a chat by the whole of their id', () => {
    expect(isFor({ chat: 'slack:U024BE7LH' }, { chat: 'slack:U024BE7LH' })).toBe(true);
    expect(isFor({ chat: 'slack:U024BE7LH' }, { chat: 'slack:U024BE7LHX' })).toBe(false);
  });

  it('are for one kind of somebody only: a claim cannot pose as an ARN', () => {
    const arn = `${account}/Deployer/ada`;
    expect(isFor({ arn }, { claims: { arn, sub: arn } })).toBe(false);
    expect(isFor({ claim: 'arn', value: '*' }, { arn })).toBe(false);
  });

  it('come to the same answer by what is kept of somebody in a session', () => {
    const rules = [
      { claim: 'groups', value: 'web-*', role: 'releaser', services: ['storefront'] },
      { claim: 'realm_access.roles', value: 'ops', role: 'operator' },
      { claim: 'email', value: '*', role: 'viewer' },
    ];
    const access = createAccess(parseAccess({ rules }, 'access'));
    const claims = {
      groups: ['web-1', 'web-2', 'many', 'others'],
      realm_access: { roles: ['ops', 'x'] },
      email: 'ada@example.org',
      email_verified: true,
      name: 'Ada',
    };
    const kept = access.decisiveClaims(claims);

    expect(kept).toEqual({
      groups: ['web-1', 'web-2'],
      'realm_access.roles': ['ops'],
      email: ['ada@example.org'],
    });
    expect(access.grantsOf({ claims: kept })).toEqual(access.grantsOf({ claims }));
  });

  it('do not let a pattern of many stars be slow', () => {
    const arn = `arn:aws:iam::123456789012:user/${'*a'.repeat(120)}b`;
    const userArn = `arn:aws:iam::123456789012:user/${'a'.repeat(100_000)}`;
    // A pattern that tries every way to share out the text would not come to an end.
    expect(isFor({ arn }, { arn: userArn })).toBe(false);
  });
});

describe('an access configuration that is wrong', () => {
  it.each([
    [{ ruls: [] }, 'access.ruls: is not a known key; did you mean "rules"?'],
    [
      { rules: [{ role: 'viewer' }] },
      'access.rules[0]: needs one of claim (with value), arn or chat',
    ],
    [
      { rules: [{ claim: 'a', value: 'b', chat: 'slack:U1', role: 'viewer' }] },
      'access.rules[0]: needs one of claim (with value), arn or chat',
    ],
    [{ rules: [{ claim: 'a', role: 'viewer' }] }, 'access.rules[0].value: is missing'],
    [
      { rules: [{ claim: 'a', value: 'b', role: 'viewer', service: ['x'] }] },
      'access.rules[0].service: is not a known key; did you mean "services"?',
    ],
    [
      { rules: [{ arn: '*', role: 'viewer' }] },
      'access.rules[0].arn: needs arn:aws:iam::<account>:… or arn:aws:sts::<account>:…, * only after the account',
    ],
    [
      { rules: [{ arn: 'arn:aws:sts::*:assumed-role/x/*', role: 'viewer' }] },
      'access.rules[0].arn: needs arn:aws:iam::<account>:… or arn:aws:sts::<account>:…, * only after the account',
    ],
    [
      { rules: [{ chat: 'slack:*', role: 'approver' }] },
      'access.rules[0].chat: needs slack:<member id> or pagerduty:<user id>, such as slack:U024BE7LH',
    ],
    [
      { oidc: { issuer: 'http://id.example.org', audience: 'a' } },
      'access.oidc.issuer: needs an https URL (http only for this machine), without a query',
    ],
    [{ oidc: { issuer: 'https://id.example.org' } }, 'access.oidc.audience: is missing'],
    [
      { oidc: { issuer: 'https://id.example.org', audience: 'a', clientSecret: 'S3cret!' } },
      'access.oidc.clientSecret: needs the name of a secret, not the secret itself',
    ],
    [
      { rules: [{ claim: 'groups', value: 'web', role: 'viewr' }] },
      'access.rules[0].role: needs one of viewer, releaser, approver, operator; did you mean "viewer"?',
    ],
    [
      { rules: [{ claim: 'groups', value: 'web' }] },
      'access.rules[0].role: is missing; known are viewer, releaser, approver, operator',
    ],
  ])('%j is refused with the path and the reason', (source, expected) => {
    expect(reasonFor(source)).toBe(expected);
  });

  it('names every line that is wrong', () => {
    const reason = reasonFor({
      rules: [{ role: 'viewer' }, { claim: 'a', value: 'b', role: 'boss' }],
    });
    expect(reason).toMatch(/rules\[0\]: .*; access\.rules\[1\]\.role: /);
  });

  it('may be missing, which gives nobody anything', () => {
    expect(parseAccess(null, 'access')).toEqual({ rules: [] });
    expect(reasonFor({ oidc: { issuer: 'http://127.0.0.1:4000', audience: 'a' } })).toBe(
      'accepted',
    );
  });
});
