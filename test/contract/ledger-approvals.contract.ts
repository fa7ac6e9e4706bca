import { describe, expect, it } from 'vitest';
import type { Ledger } from '../../lib/ledger/ledger.ts';
import {
  decisionOf,
  endingOf,
  type LedgerSubject,
  releaseOf,
  requestOf,
} from './ledger-samples.ts';

const closed = { name: 'ApprovalClosedError' };

async function decide(ledger: Ledger, ...decisions: ReturnType<typeof decisionOf>[]) {
  for (const decision of decisions) await ledger.recordDecision('rel-1', decision);
}

export function approvalContract(subject: () => LedgerSubject): void {
  describe('opening an approval', () => {
    it('opens it without decisions', async () => {
      const { ledger, rival } = subject();
      const approval = await ledger.openApproval(requestOf('rel-1'));
      expect(approval).toEqual({ ...requestOf('rel-1'), state: 'open', decisions: [] });
      expect(await rival.getApproval('rel-1')).toEqual(approval);
      expect(await ledger.getApproval('nobody')).toBeNull();
    });

    it('gives an open one its new token and keeps its decisions and its expiry', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await decide(ledger, decisionOf('ada'));
      const later = requestOf('rel-1', { token: 'token-2', expiresAt: requestOf('x').requestedAt });
      const again = await ledger.openApproval(later);
      expect(again).toEqual({
        ...requestOf('rel-1', { requiredCount: 2 }),
        token: 'token-2',
        state: 'open',
        decisions: [decisionOf('ada')],
      });
      expect(await ledger.getApproval('rel-1')).toEqual(again);
    });

    it('keeps the token of an open one from a request that is late', async () => {
      const { ledger } = subject();
      const asked = await ledger.openApproval(requestOf('rel-1', { token: 'two', turn: 'turn-2' }));
      const late = requestOf('rel-1', { token: 'one', turn: 'turn-1' });
      expect(await ledger.openApproval(late)).toEqual(asked);
      expect(await ledger.getApproval('rel-1')).toEqual(asked);
    });

    it.each(['approve', 'reject'] as const)('leaves one alone after a %s', async (decision) => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1'));
      const decided = await ledger.recordDecision('rel-1', decisionOf('ada', decision));
      const again = await ledger.openApproval(requestOf('rel-1', { token: 'token-2' }));
      expect(again).toEqual(decided);
      expect(await ledger.getApproval('rel-1')).toEqual(decided);
    });
  });

  describe('deciding on an approval', () => {
    it('is approved when enough different people said so', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      const one = await ledger.recordDecision('rel-1', decisionOf('ada'));
      expect(one.state).toBe('open');
      const two = await ledger.recordDecision('rel-1', decisionOf('bob'));
      expect(two).toMatchObject({
        state: 'approved',
        decisions: [decisionOf('ada'), decisionOf('bob')],
      });
      expect(await ledger.getApproval('rel-1')).toEqual(two);
    });

    it('counts a person once, and keeps the first word of everybody', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await decide(ledger, decisionOf('ada'), decisionOf('ada'), decisionOf('ada', 'reject'));
      expect(await ledger.getApproval('rel-1')).toMatchObject({
        state: 'open',
        decisions: [decisionOf('ada')],
      });
    });

    it('counts a name once, however it is written', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await decide(ledger, decisionOf('ada@example.com'), decisionOf(' Ada@Example.COM '));
      expect(await ledger.getApproval('rel-1')).toMatchObject({
        state: 'open',
        decisions: [decisionOf('ada@example.com')],
      });
    });

    it.each(['ada', ' ADA '])('takes no yes of who is barred, as "%s"', async (name) => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { barred: 'Ada' }));
      const own = ledger.recordDecision('rel-1', decisionOf(name));
      await expect(own).rejects.toMatchObject({ name: 'SeparateDutiesError' });
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'open', decisions: [] });
      expect((await ledger.recordDecision('rel-1', decisionOf('bob'))).state).toBe('approved');
    });

    it('lets who is barred say no', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { barred: 'ada' }));
      const withdrawn = await ledger.recordDecision('rel-1', decisionOf('ada', 'reject'));
      expect(withdrawn.state).toBe('rejected');
    });

    it('is rejected when one did, whatever the others said', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await decide(ledger, decisionOf('ada'), decisionOf('bob', 'reject'));
      expect(await ledger.getApproval('rel-1')).toMatchObject({ state: 'rejected' });
    });

    it('counts both of two people who approve at once', async () => {
      const { ledger, rival } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await Promise.all([
        ledger.recordDecision('rel-1', decisionOf('ada')),
        rival.recordDecision('rel-1', decisionOf('bob')),
      ]);
      const approval = await ledger.getApproval('rel-1');
      expect(approval?.state).toBe('approved');
      expect(approval?.decisions.map(({ by }) => by).sort()).toEqual(['ada', 'bob']);
    });

    it('answers who decided it, and repeats after a lost answer, with what is there', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1'));
      const first = await ledger.recordDecision('rel-1', decisionOf('ada'));
      const again = await ledger.recordDecision('rel-1', decisionOf('ada', 'approve', 500));
      expect(again).toEqual(first);
    });

    it.each(['approve', 'reject'] as const)('is closed to others after a %s', async (decision) => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1'));
      const decided = await ledger.recordDecision('rel-1', decisionOf('ada', decision));
      const late = ledger.recordDecision('rel-1', decisionOf('bob', 'reject'));
      await expect(late).rejects.toMatchObject(closed);
      expect(await ledger.getApproval('rel-1')).toEqual(decided);
    });

    it('is closed from the second at which it expires', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1', { requiredCount: 2 }));
      await decide(ledger, decisionOf('ada', 'approve', 99.999));
      const late = ledger.recordDecision('rel-1', decisionOf('bob', 'approve', 100));
      await expect(late).rejects.toMatchObject(closed);
      expect((await ledger.getApproval('rel-1'))?.decisions).toHaveLength(1);
    });

    it('is closed when the release asked for none, or has ended', async () => {
      const { ledger } = subject();
      await expect(ledger.recordDecision('rel-1', decisionOf('ada'))).rejects.toMatchObject(closed);
      const { record } = await ledger.createRelease(releaseOf('rel-1'));
      await ledger.openApproval(requestOf('rel-1'));
      await ledger.endRelease('rel-1', endingOf(record, 'discarded'), [null]);
      await expect(ledger.recordDecision('rel-1', decisionOf('ada'))).rejects.toMatchObject(closed);
    });

    it('keeps releases apart', async () => {
      const { ledger } = subject();
      await ledger.openApproval(requestOf('rel-1'));
      const other = await ledger.openApproval(requestOf('rel-2'));
      await decide(ledger, decisionOf('ada'));
      expect(await ledger.getApproval('rel-2')).toEqual(other);
    });
  });
}
