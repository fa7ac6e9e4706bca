import type { Constraint, ConstrType, Node } from 'libpg-query';
import { stringsOf } from './names.ts';

/** The constraints among the parts of a definition. */
export function constraintsOf(nodes: readonly Node[] | undefined): Constraint[] {
  return (nodes ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));
}

/** Of which kinds they are. */
export function constraintKinds(nodes: readonly Node[] | undefined): ConstrType[] {
  return constraintsOf(nodes).flatMap(({ contype }) => contype ?? []);
}

/** The columns that a constraint is about, each once. */
export function columnsOfConstraint(constraint: Constraint): string[] {
  const { keys, fk_attrs, raw_expr, exclusions } = constraint;
  const named = [...stringsOf(keys), ...stringsOf(fk_attrs)];
  return [...new Set([...named, ...columnsIn(raw_expr), ...columnsIn(exclusions)])];
}

/** The column of `CHECK (column IS NOT NULL)`, the first half of a careful `SET NOT NULL`; else null. */
export function checkedAsNotNull({ contype, raw_expr }: Constraint): string | null {
  if (contype !== 'CONSTR_CHECK' || !raw_expr || !('NullTest' in raw_expr)) return null;
  const { nulltesttype, arg } = raw_expr.NullTest;
  const [column = null] = nulltesttype === 'IS_NOT_NULL' ? columnsIn(arg) : [];
  return column;
}

/** Names of the columns, and of an index's elements, anywhere in an expression. */
export function columnsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'ColumnRef') return stringsOf(inner.fields).slice(-1);
    if (key === 'IndexElem' && inner.name) return [inner.name];
    return columnsIn(inner);
  });
}
