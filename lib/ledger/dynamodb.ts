import { createApprovals } from './dynamodb/approvals.ts';
import { createBudgets } from './dynamodb/budgets.ts';
import { createEndings } from './dynamodb/endings.ts';
import { createEvents } from './dynamodb/events.ts';
import { createLocks } from './dynamodb/locks.ts';
import { createManifests } from './dynamodb/manifests.ts';
import { createQuietedAlarms } from './dynamodb/quieted-alarms.ts';
import { createReceipts } from './dynamodb/receipts.ts';
import { createReleases } from './dynamodb/releases.ts';
import { createReportedAlarms } from './dynamodb/reported-alarms.ts';
import { createTable, type TableClient } from './dynamodb/table.ts';
import { createTokens } from './dynamodb/tokens.ts';
import { createWatches } from './dynamodb/watches.ts';
import type { Ledger } from './ledger.ts';

/** Where the ledger is. */
export interface DynamoLedgerConfig {
  /** The table of `VERDIGRIS_TABLE`; its keys are in docs/ledger.md. */
  tableName: string;
}

/** What the ledger needs of the SDK. */
export interface DynamoLedgerDeps {
  client: TableClient;
}

/**
 * The ledger of the AWS platform, in one DynamoDB table. What a decision depends on is read
 * consistently and written under a condition, so that any number of functions may use it at once.
 * Nothing depends on the time at which an item's `ttl` removes it. The client belongs to the
 * platform: closing the ledger leaves it open.
 *
 * Besides what the contract names, every method may throw LedgerUnavailableError and ThrottledError
 * (both worth a repetition), RequestTooLargeError for what does not fit into an item, and
 * ConfigInvalidError when table or role are not right, LedgerVersionError when a newer Verdigris
 * wrote what is read.
 */
export function createDynamoLedger(
  { tableName }: DynamoLedgerConfig,
  { client }: DynamoLedgerDeps,
): Ledger {
  const table = createTable(tableName, client);
  return {
    ...createManifests(table),
    ...createLocks(table),
    ...createReleases(table),
    ...createEndings(table),
    ...createEvents(table),
    ...createWatches(table),
    ...createApprovals(table),
    ...createBudgets(table),
    ...createTokens(table),
    ...createReceipts(table),
    ...createReportedAlarms(table),
    ...createQuietedAlarms(table),
    close: async () => {},
  };
}
