import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What a killed conductor left in its ledger. */
export interface LeftLedger {
  /** `ok`, or what SQLite's integrity check found. */
  integrity: string;
  /** The release of that version, or null when it did not get as far as that. */
  release: { releaseId: string; phase: string; outcome: string | null } | null;
}

/**
 * Reads the ledger of a data directory while no conductor runs. A copy of the file and its log is
 * opened: opening the file itself would tidy up what the next conductor has to cope with.
 */
export function readLeftLedger(dataDirectory: string, version: string): LeftLedger {
  const scratch = mkdtempSync(join(tmpdir(), 'verdigris-ledger-'));
  try {
    for (const name of ['ledger.sqlite', 'ledger.sqlite-wal']) {
      const file = join(dataDirectory, name);
      if (existsSync(file)) copyFileSync(file, join(scratch, name));
    }
    return read(join(scratch, 'ledger.sqlite'), version);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function read(path: string, version: string): LeftLedger {
  const database = new DatabaseSync(path);
  try {
    const lines = database.prepare('PRAGMA integrity_check').all();
    const found = database
      .prepare(
        `SELECT releaseId, phase, outcome FROM releases
         WHERE json_extract(artifactJson, '$.version') = ?`,
      )
      .get(version) as unknown as LeftLedger['release'] | undefined;
    return {
      integrity: lines.map((line) => String(line.integrity_check)).join('; '),
      release: found ? { ...found } : null,
    };
  } finally {
    database.close();
  }
}
