import type { Node, RangeVar } from 'libpg-query';

/** A table as a statement names it: without a schema it is whichever the search path leads to. */
export interface TableName {
  schema: string | null;
  name: string;
}

/** Whether two names can mean the same table. */
export function isSameTable(a: TableName, b: TableName): boolean {
  return a.name === b.name && (a.schema === b.schema || a.schema === null || b.schema === null);
}

/** As people write it. */
export function tableText({ schema, name }: TableName): string {
  return schema === null || schema === 'public' ? name : `${schema}.${name}`;
}

/** The table that a statement is about. */
export function tableOf(relation: RangeVar | undefined): TableName {
  return { schema: relation?.schemaname ?? null, name: relation?.relname ?? '' };
}

/** A name that stands as a list of its parts, such as `shop.products`. */
export function tableOfParts(parts: readonly string[]): TableName {
  const [name = '', schema = null] = parts.toReversed();
  return { schema, name };
}

/** The text of a name or of another string; null when the node is none. */
export function stringOf(node: Node | undefined): string | null {
  return node && 'String' in node ? (node.String.sval ?? '') : null;
}

/** The texts of a list of names; what is none is left out. */
export function stringsOf(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => stringOf(node) ?? []);
}
