import type { Node } from 'libpg-query';
import { nodesIn, unknownCallsIn } from './pure-functions.ts';

/**
 * Statements of which a rollback leaves nothing, as long as they call no function that does more. Everything
 * else may reach beyond the transaction, or run code that does: `DO`, `CALL`, `SELECT`, `COPY`, `SET`,
 * functions and triggers among them.
 */
const undoable = new Set([
  ...['AlterTableStmt', 'CreateStmt', 'IndexStmt', 'DropStmt', 'RenameStmt', 'CommentStmt'],
  ...[
    'CreateEnumStmt',
    'CompositeTypeStmt',
    'CreateDomainStmt',
    'AlterDomainStmt',
    'AlterEnumStmt',
  ],
  ...['CreateSchemaStmt', 'CreateSeqStmt', 'ViewStmt', 'AlterObjectSchemaStmt', 'GrantStmt'],
  ...['InsertStmt', 'UpdateStmt', 'DeleteStmt'],
]);

/** What may be dropped: what an extension or a server does when it goes, nobody knows. */
const droppable = new Set(
  ['TABLE', 'INDEX', 'VIEW', 'MATVIEW', 'SEQUENCE', 'TYPE', 'DOMAIN', 'SCHEMA', 'TRIGGER'].map(
    (name) => `OBJECT_${name}`,
  ),
);

/** Whether a rollback undoes all that a statement does. */
export function isUndoable(node: Node): boolean {
  const [kind = ''] = Object.keys(node);
  if (!undoable.has(kind) || unknownCallsIn(node).length > 0) return false;
  if ('DropStmt' in node) return droppable.has(node.DropStmt.removeType ?? '');
  // What stands in it is a statement of its own.
  if ('CreateSchemaStmt' in node) return (node.CreateSchemaStmt.schemaElts ?? []).length === 0;
  return true;
}

/** Whether PostgreSQL refuses it in a transaction: `CONCURRENTLY`. */
export function isConcurrent(node: Node): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ?? false;
  if ('DropStmt' in node) return node.DropStmt.concurrent ?? false;
  const parts = nodesIn(node, 'PartitionCmd') as { concurrent?: boolean }[];
  return parts.some(({ concurrent }) => concurrent === true);
}
