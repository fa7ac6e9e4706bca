import { describe, expect, it } from 'vitest';
import { describeGrants, mayDo, whyNot } from '../../../console/model/rights.ts';
import type { Grant } from '../../../console/types.ts';
import { isAllowed, permissions, roles } from '../../../lib/release/access.ts';

const scopes: Grant['services'][] = ['*', ['shop'], ['cart', 'shop'], ['cart']];

describe('rights in the console', () => {
  const cases = roles.flatMap((role) =>
    permissions.flatMap((permission) =>
      scopes.flatMap((services) =>
        ['shop', null].map((service) => ({ role, permission, services, service })),
      ),
    ),
  );

  it.each(cases)('are those of the API: $role may $permission $service with $services', (it_) => {
    const { role, permission, services, service } = it_;
    const grants = [{ role, services }];

    expect(mayDo(grants, permission, service)).toBe(isAllowed(grants, permission, service));
  });

  it('are explained: what somebody is, and what it takes', () => {
    const viewer: Grant[] = [{ role: 'viewer', services: '*' }];

    expect(whyNot(viewer, 'release', 'shop')).toBe(
      'You are viewer for shop. To release or roll back it takes the role releaser or operator.',
    );
    expect(whyNot(viewer, 'read', 'shop')).toBeNull();
    expect(whyNot([{ role: 'operator', services: ['cart'] }], 'operate', 'shop')).toContain(
      'You have no role for shop',
    );
  });

  it('are put into few words', () => {
    const grants: Grant[] = [
      { role: 'viewer', services: '*' },
      { role: 'releaser', services: ['shop', 'cart'] },
    ];

    expect(describeGrants(grants)).toBe('viewer; releaser of shop, cart');
    expect(describeGrants([])).toBe('no role');
  });
});
