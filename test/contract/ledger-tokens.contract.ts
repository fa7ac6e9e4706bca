import { describe, expect, it } from 'vitest';
import { type LedgerSubject, timeAt, tokenOf } from './ledger-samples.ts';

const taken = { name: 'ReleaseStateError' };

export function tokenContract(subject: () => LedgerSubject): void {
  describe('storing a token', () => {
    it('gives it back as it was stored, with its grants', async () => {
      const { ledger, rival } = subject();
      const token = tokenOf('tok-1', {
        grants: [
          { role: 'releaser', services: ['storefront', 'search'] },
          { role: 'viewer', services: '*' },
        ],
        expiresAt: timeAt(100),
      });
      await ledger.putToken(token);
      expect(await rival.getToken('tok-1')).toEqual(token);
      expect(await ledger.getToken('nobody')).toBeNull();
    });

    it('changes nothing when the same id comes again, whatever it comes with', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1'));
      await ledger.putToken(tokenOf('tok-1'));
      await ledger.putToken(tokenOf('tok-1', { name: 'other', hash: 'b'.repeat(64) }));
      expect(await ledger.listTokens()).toEqual([tokenOf('tok-1')]);
      await ledger.putToken(tokenOf('tok-2', { name: 'other' }));
      expect(await ledger.getToken('tok-2')).not.toBeNull();
    });

    it('does not bring a revoked one back when it comes again', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1'));
      const revoked = await ledger.revokeToken('tok-1', 'bob', timeAt(5));
      await ledger.putToken(tokenOf('tok-1'));
      expect(await ledger.getToken('tok-1')).toEqual(revoked);
    });

    it('refuses a name that another has, and stores nothing', async () => {
      const { ledger, rival } = subject();
      await ledger.putToken(tokenOf('tok-1', { name: 'ci' }));
      const second = rival.putToken(tokenOf('tok-2', { name: 'ci' }));
      await expect(second).rejects.toMatchObject({ ...taken, details: { tokenId: 'tok-1' } });
      expect(await ledger.getToken('tok-2')).toBeNull();
    });

    it('tells names apart by their case', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1', { name: 'ci' }));
      await ledger.putToken(tokenOf('tok-2', { name: 'CI' }));
      expect(await ledger.listTokens()).toHaveLength(2);
    });

    it('frees the name of a token exactly when it expires', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1', { name: 'ci', expiresAt: timeAt(100) }));
      const early = tokenOf('tok-2', { name: 'ci', createdAt: timeAt(99.999) });
      await expect(ledger.putToken(early)).rejects.toMatchObject(taken);
      await ledger.putToken(tokenOf('tok-3', { name: 'ci', createdAt: timeAt(100) }));
      expect(await ledger.getToken('tok-3')).not.toBeNull();
      expect(await ledger.getToken('tok-1')).toMatchObject({ revokedAt: null });
    });

    it('gives a name to one of two that want it at once', async () => {
      const { ledger, rival } = subject();
      const answers = await Promise.allSettled([
        ledger.putToken(tokenOf('tok-1', { name: 'ci' })),
        rival.putToken(tokenOf('tok-2', { name: 'ci' })),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(answers.find(({ status }) => status === 'rejected')).toMatchObject({ reason: taken });
      expect(await ledger.listTokens()).toHaveLength(1);
    });

    it('stores one that comes twice at once', async () => {
      const { ledger, rival } = subject();
      await Promise.all([ledger.putToken(tokenOf('tok-1')), rival.putToken(tokenOf('tok-1'))]);
      expect(await ledger.listTokens()).toEqual([tokenOf('tok-1')]);
    });

    it.each(['Größe ☂ "ci" #1:*', ' ', 'x'.repeat(3000)])('takes the name %j', async (name) => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1', { name }));
      await ledger.putToken(tokenOf('tok-2', { name: `${name}!` }));
      expect(await ledger.getToken('tok-1')).toEqual(tokenOf('tok-1', { name }));
      const again = ledger.putToken(tokenOf('tok-3', { name }));
      await expect(again).rejects.toMatchObject(taken);
    });
  });

  describe('listing tokens', () => {
    it('has all of them, newest first, also revoked and expired ones', async () => {
      const { ledger, rival } = subject();
      expect(await ledger.listTokens()).toEqual([]);
      await ledger.putToken(tokenOf('tok-b', { createdAt: timeAt(1), expiresAt: timeAt(2) }));
      await ledger.putToken(tokenOf('tok-c', { createdAt: timeAt(3) }));
      await ledger.putToken(tokenOf('tok-a', { createdAt: timeAt(2) }));
      await ledger.revokeToken('tok-a', 'bob', timeAt(4));
      const listed = await rival.listTokens();
      expect(listed.map(({ id }) => id)).toEqual(['tok-c', 'tok-a', 'tok-b']);
      expect(listed[1]).toMatchObject({ revokedAt: timeAt(4), revokedBy: 'bob' });
    });
  });

  describe('revoking a token', () => {
    it('says who did it and when', async () => {
      const { ledger, rival } = subject();
      await ledger.putToken(tokenOf('tok-1'));
      const revoked = await ledger.revokeToken('tok-1', 'bob', timeAt(5));
      expect(revoked).toEqual({ ...tokenOf('tok-1'), revokedAt: timeAt(5), revokedBy: 'bob' });
      expect(await rival.getToken('tok-1')).toEqual(revoked);
    });

    it('keeps the first revocation, and knows nothing of others', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1'));
      const first = await ledger.revokeToken('tok-1', 'bob', timeAt(5));
      expect(await ledger.revokeToken('tok-1', 'eve', timeAt(6))).toEqual(first);
      expect(await ledger.revokeToken('nobody', 'eve', timeAt(6))).toBeNull();
    });

    it('gives two that do it at once the same answer', async () => {
      const { ledger, rival } = subject();
      await ledger.putToken(tokenOf('tok-1'));
      const [one, other] = await Promise.all([
        ledger.revokeToken('tok-1', 'bob', timeAt(5)),
        rival.revokeToken('tok-1', 'eve', timeAt(6)),
      ]);
      expect(one).toEqual(other);
      expect(await ledger.getToken('tok-1')).toEqual(one);
    });

    it('frees its name', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1', { name: 'ci' }));
      await ledger.revokeToken('tok-1', 'bob', timeAt(5));
      await ledger.putToken(tokenOf('tok-2', { name: 'ci' }));
      expect(await ledger.getToken('tok-2')).toMatchObject({ name: 'ci', revokedAt: null });
    });

    it('leaves its name to another that has taken it since it expired', async () => {
      const { ledger } = subject();
      await ledger.putToken(tokenOf('tok-1', { name: 'ci', expiresAt: timeAt(100) }));
      await ledger.putToken(tokenOf('tok-2', { name: 'ci', createdAt: timeAt(200) }));
      expect(await ledger.revokeToken('tok-1', 'bob', timeAt(300))).toMatchObject({
        revokedAt: timeAt(300),
      });
      const third = ledger.putToken(tokenOf('tok-3', { name: 'ci', createdAt: timeAt(400) }));
      await expect(third).rejects.toMatchObject({ ...taken, details: { tokenId: 'tok-2' } });
    });
  });
}
