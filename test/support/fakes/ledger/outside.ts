import type {
  ApiToken,
  Ledger,
  QuietedAlarms,
  Receipt,
  ReportedAlarm,
} from '../../../../lib/ledger/ledger.ts';
import { isOvertaken } from '../../../../lib/ledger/overtaking.ts';
import { isExpired } from '../../../../lib/ledger/receipt-rules.ts';
import { byNewest, holdsName, nameTaken } from '../../../../lib/ledger/token-rules.ts';
import type { BudgetTally } from '../../../../lib/release/budget-tally.ts';

/*
 * The parts of the memory ledger that have to do with other systems: their keys, their messages and their
 * alarms. Each keeps what it knows by itself.
 */

export function apiTokens() {
  const tokens = new Map<string, ApiToken>();
  return {
    async putToken(token) {
      if (tokens.has(token.id)) return;
      const holder = [...tokens.values()].find(
        (other) => other.name === token.name && holdsName(other, token.createdAt),
      );
      if (holder) throw nameTaken(token.name, holder.id);
      tokens.set(token.id, token);
    },
    getToken: async (id) => tokens.get(id) ?? null,
    listTokens: async () => [...tokens.values()].sort(byNewest),
    async revokeToken(id, by, at) {
      const token = tokens.get(id);
      if (!token || token.revokedAt !== null) return token ?? null;
      const revoked = { ...token, revokedAt: at, revokedBy: by };
      tokens.set(id, revoked);
      return revoked;
    },
  } satisfies Partial<Ledger>;
}

export function receipts() {
  const kept = new Map<string, Receipt>();
  const read = (key: string, at: string) => {
    const receipt = kept.get(key);
    return receipt && !isExpired(receipt, at) ? receipt : null;
  };
  return {
    async claimReceipt(claim) {
      const before = read(claim.key, claim.at);
      const receipt = before ?? { ...claim, answer: null };
      kept.set(claim.key, receipt);
      return { receipt, isNew: !before };
    },
    async answerReceipt(key, answer) {
      const receipt = kept.get(key);
      if (receipt?.answer === null) kept.set(key, { ...receipt, answer });
    },
    getReceipt: async (key, at) => read(key, at),
  } satisfies Partial<Ledger>;
}

export function quietedAlarms() {
  const kept = new Map<string, QuietedAlarms>();
  return {
    putQuieted: async (quieted) => void kept.set(quieted.releaseId, quieted),
    listQuieted: async () => [...kept.values()],
    async deleteQuieted({ releaseId, settlesAt }) {
      if (kept.get(releaseId)?.settlesAt === settlesAt) kept.delete(releaseId);
    },
  } satisfies Partial<Ledger>;
}

export function reportedAlarms() {
  const alarms = new Map<string, ReportedAlarm>();
  return {
    async putReportedAlarm(alarm) {
      if (!isOvertaken(alarm, alarms.get(alarm.name))) alarms.set(alarm.name, alarm);
    },
    getReportedAlarms: async (names) =>
      [...new Set(names)].flatMap((name) => alarms.get(name) ?? []),
  } satisfies Partial<Ledger>;
}

export function budgets() {
  const tallies = new Map<string, BudgetTally>();
  return {
    getBudget: async (service) => tallies.get(service) ?? null,
    async putBudget(tally) {
      if ((tallies.get(tally.service)?.revision ?? 0) + 1 !== tally.revision) return false;
      tallies.set(tally.service, tally);
      return true;
    },
  } satisfies Partial<Ledger>;
}
