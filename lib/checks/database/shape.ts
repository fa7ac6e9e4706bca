import type { ColumnType } from './column-type.ts';
import { isSameTable, type TableName } from './names.ts';

/** What is known of a column. */
export interface ColumnFacts {
  type: ColumnType | null;
  isNotNull: boolean;
  /** Gets a value by itself: a default, a sequence, or an expression. */
  hasDefault: boolean;
  /** Came with the migrations that are judged. */
  isNew: boolean;
}

/** What is known of a table or view. */
export interface TableFacts {
  name: TableName;
  columns: Map<string, ColumnFacts>;
  /** All its columns are known. */
  isWhole: boolean;
  /** Came with the migrations that are judged. */
  isNew: boolean;
  isView: boolean;
}

/** The tables of a database, as far as migrations or a catalog say. */
export interface Shape {
  find(name: TableName): TableFacts | undefined;
  add(table: TableFacts): void;
  remove(name: TableName): void;
  all(): readonly TableFacts[];
}

/** A shape that knows nothing yet. */
export function createShape(tables: readonly TableFacts[] = []): Shape {
  const known = [...tables];
  const closest = (name: TableName) => {
    const same = known.filter((table) => isSameTable(table.name, name));
    const isPublic = ({ name: { schema } }: TableFacts) =>
      (schema ?? 'public') === (name.schema ?? 'public');
    return same.find(isPublic) ?? same[0];
  };
  return {
    find: closest,
    add(table) {
      known.push(table);
    },
    remove(name) {
      const found = closest(name);
      if (found) known.splice(known.indexOf(found), 1);
    },
    all: () => known,
  };
}

/** A shape that can go its own way. */
export function copyShape(shape: Shape): Shape {
  return createShape(
    shape.all().map((table) => ({
      ...table,
      columns: new Map([...table.columns].map(([name, facts]) => [name, { ...facts }])),
    })),
  );
}
