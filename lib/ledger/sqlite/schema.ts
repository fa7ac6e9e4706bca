/**
 * The file's schema, one entry per version: entry 0 makes version 1 out of an empty file, entry 1
 * would make version 2 out of version 1. An entry that was released is never changed.
 *
 * Columns carry the names of the contract's fields, so that a row reads as its record. Columns that
 * end in Json hold JSON text. `seq` keeps the order of insertion. The executions of the embedded
 * engine live in the same file, because one version speaks for the whole file.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE manifests (
    service    TEXT PRIMARY KEY,
    sourceJson TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    updatedAt  TEXT NOT NULL,
    updatedBy  TEXT NOT NULL
  ) STRICT;

  -- A free lock keeps its row with releaseId NULL, because epochs only ever grow.
  CREATE TABLE locks (
    service   TEXT PRIMARY KEY,
    releaseId TEXT,
    epoch     INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE intents (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    releaseId   TEXT NOT NULL,
    service     TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    weightsJson TEXT NOT NULL,
    deadline    TEXT NOT NULL
  ) STRICT;
  CREATE INDEX intentsByRelease ON intents (releaseId, seq);

  CREATE TABLE releases (
    seq          INTEGER PRIMARY KEY,
    releaseId    TEXT NOT NULL UNIQUE,
    service      TEXT NOT NULL,
    artifactJson TEXT NOT NULL,
    requestedBy  TEXT NOT NULL,
    requestedAt  TEXT NOT NULL,
    phase        TEXT NOT NULL,
    outcome      TEXT,
    reason       TEXT,
    endedAt      TEXT,
    documentJson TEXT NOT NULL
  ) STRICT;
  CREATE INDEX releasesByTime ON releases (requestedAt, seq);
  CREATE INDEX releasesByService ON releases (service, requestedAt, seq);

  CREATE TABLE events (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    type      TEXT NOT NULL,
    releaseId TEXT,
    service   TEXT NOT NULL,
    at        TEXT NOT NULL,
    "by"      TEXT NOT NULL,
    summary   TEXT NOT NULL,
    dataJson  TEXT NOT NULL
  ) STRICT;
  CREATE INDEX eventsByRelease ON events (releaseId, seq);
  CREATE INDEX eventsByService ON events (service, at, seq);

  CREATE TABLE watches (
    releaseId  TEXT PRIMARY KEY,
    service    TEXT NOT NULL,
    alarmsJson TEXT NOT NULL,
    token      TEXT,
    expiresAt  TEXT NOT NULL
  ) STRICT;

  -- Which releases an alarm concerns: looked up on the way from an alarm to its rollback.
  CREATE TABLE watchedAlarms (
    alarm     TEXT NOT NULL,
    releaseId TEXT NOT NULL,
    PRIMARY KEY (alarm, releaseId)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX watchedAlarmsByRelease ON watchedAlarms (releaseId);

  CREATE TABLE breaches (
    releaseId  TEXT PRIMARY KEY,
    breachJson TEXT NOT NULL
  ) STRICT;

  CREATE TABLE approvals (
    releaseId     TEXT PRIMARY KEY,
    requiredCount INTEGER NOT NULL,
    token         TEXT NOT NULL,
    requestedAt   TEXT NOT NULL,
    expiresAt     TEXT NOT NULL,
    state         TEXT NOT NULL,
    decisionsJson TEXT NOT NULL
  ) STRICT;

  CREATE TABLE freezes (
    scope  TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    "by"   TEXT NOT NULL,
    at     TEXT NOT NULL
  ) STRICT;

  CREATE TABLE executions (
    machine   TEXT NOT NULL,
    name      TEXT NOT NULL,
    status    TEXT NOT NULL,
    inputJson TEXT NOT NULL,
    error     TEXT,
    cause     TEXT,
    startedAt TEXT NOT NULL,
    PRIMARY KEY (machine, name)
  ) STRICT;
  CREATE INDEX executionsRunning ON executions (startedAt) WHERE status = 'running';
  `,
  `
  ALTER TABLE watches ADD COLUMN turn TEXT;
  ALTER TABLE approvals ADD COLUMN turn TEXT;
  `,
  `
  CREATE TABLE apiTokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       TEXT NOT NULL,
    grantsJson TEXT NOT NULL,
    createdBy  TEXT NOT NULL,
    createdAt  TEXT NOT NULL,
    expiresAt  TEXT,
    revokedAt  TEXT,
    revokedBy  TEXT
  ) STRICT;
  CREATE INDEX apiTokensByName ON apiTokens (name) WHERE revokedAt IS NULL;
  CREATE INDEX apiTokensByTime ON apiTokens (createdAt, id);

  CREATE TABLE receipts (
    key        TEXT PRIMARY KEY,
    at         TEXT NOT NULL,
    expiresAt  TEXT NOT NULL,
    answerJson TEXT
  ) STRICT;

  CREATE TABLE reportedAlarms (
    name    TEXT PRIMARY KEY,
    state   TEXT NOT NULL,
    since   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    source  TEXT NOT NULL,
    heardAt TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE approvals ADD COLUMN barred TEXT;
  `,
  `
  CREATE TABLE budgets (
    service   TEXT PRIMARY KEY,
    revision  INTEGER NOT NULL,
    tallyJson TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE quietedAlarms (
    releaseId   TEXT PRIMARY KEY,
    settlesAt   TEXT NOT NULL,
    quietedJson TEXT NOT NULL
  ) STRICT;
  `,
];

/** The version of a file that this code reads and writes. */
export const schemaVersion = migrations.length;

/** Marks the file as Verdigris' own in its header ("VDGR"). */
export const applicationId = 0x56_44_47_52;
