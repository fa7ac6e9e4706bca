import type { Node, TypeName } from 'libpg-query';
import { stringsOf } from './names.ts';

/** A column's type under PostgreSQL's own name for it, such as `int4` and `varchar` with `[20]`. */
export interface ColumnType {
  name: string;
  modifiers: number[];
  isArray: boolean;
}

/**
 * What a change of type does to who knows the old one. `wider`: nothing. `rewrites`: every old value
 * fits, but the table is written anew and programs may read another type. `narrower`: not every old
 * value fits. `other`: not to be told.
 */
export type TypeChange = 'same' | 'wider' | 'rewrites' | 'narrower' | 'other';

/** Types that bring a default with them (datatype.html#DATATYPE-SERIAL). */
const serials: Record<string, string> = {
  smallserial: 'int2',
  serial2: 'int2',
  serial: 'int4',
  serial4: 'int4',
  bigserial: 'int8',
  serial8: 'int8',
};

/** Whether a column of this written type gets its values from a sequence of its own. */
export function isSerial(type: TypeName | undefined): boolean {
  return lastNameOf(type) in serials;
}

export function columnTypeOf(type: TypeName | undefined): ColumnType | null {
  const name = lastNameOf(type);
  if (!type || name === '') return null;
  return {
    name: serials[name] ?? name,
    modifiers: (type.typmods ?? []).flatMap(numberOf),
    isArray: (type.arrayBounds ?? []).length > 0,
  };
}

function lastNameOf(type: TypeName | undefined): string {
  return stringsOf(type?.names).at(-1) ?? '';
}

function numberOf(node: Node): number[] {
  return 'A_Const' in node && node.A_Const.ival ? [node.A_Const.ival.ival ?? 0] : [];
}

const spoken: Record<string, string> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  bpchar: 'char',
};

/** As people write it: `varchar(20)`, `bigint`. */
export function typeText(type: ColumnType | null): string {
  if (!type) return 'an unknown type';
  const modifiers = type.modifiers.length > 0 ? `(${type.modifiers.join(',')})` : '';
  return `${spoken[type.name] ?? type.name}${modifiers}${type.isArray ? '[]' : ''}`;
}

/** Compares an old type with the new one; what is not known of the old one is `other`. */
export function compareTypes(from: ColumnType | null, to: ColumnType | null): TypeChange {
  if (!from || !to || from.isArray !== to.isArray) return 'other';
  return (
    compareTexts(from, to) ??
    compareNumbers(from, to) ??
    (from.name === to.name ? comparePrecisions(from, to) : compareNames(from, to))
  );
}

/** `char` is padded: leaving it changes what is stored. */
const texts = ['bpchar', 'varchar', 'text'];

function compareTexts(from: ColumnType, to: ColumnType): TypeChange | null {
  if (!texts.includes(from.name) || !texts.includes(to.name)) return null;
  const [was, is] = [lengthOf(from), lengthOf(to)];
  if (is < was) return 'narrower';
  if (from.name === to.name)
    return is === was ? 'same' : from.name === 'bpchar' ? 'rewrites' : 'wider';
  return from.name === 'bpchar' || to.name === 'bpchar' ? 'rewrites' : 'wider';
}

function lengthOf({ name, modifiers: [length] }: ColumnType): number {
  return length ?? (name === 'bpchar' ? 1 : Number.POSITIVE_INFINITY);
}

/** Whole numbers: how many decimal digits of any value fit (datatype-numeric.html). */
const digits: Record<string, { always: number; atMost: number }> = {
  int2: { always: 4, atMost: 5 },
  int4: { always: 9, atMost: 10 },
  int8: { always: 18, atMost: 19 },
};

function compareNumbers(from: ColumnType, to: ColumnType): TypeChange | null {
  const [was, is] = [digits[from.name], digits[to.name]];
  if (was && is) return was === is ? 'same' : was.always < is.always ? 'rewrites' : 'narrower';
  if (was && to.name === 'numeric')
    return was.atMost <= wholeDigitsOf(to) ? 'rewrites' : 'narrower';
  if (from.name === 'numeric' && is) return 'narrower';
  if (from.name === 'numeric' && to.name === 'numeric') return compareNumerics(from, to);
  if (from.name === 'float4' && to.name === 'float8') return 'rewrites';
  if (from.name === 'float8' && to.name === 'float4') return 'narrower';
  return null;
}

function compareNumerics(from: ColumnType, to: ColumnType): TypeChange {
  const [was, is] = [scaleOf(from), scaleOf(to)];
  if (wholeDigitsOf(to) < wholeDigitsOf(from) || is < was) return 'narrower';
  if (is === was) return wholeDigitsOf(to) === wholeDigitsOf(from) ? 'same' : 'wider';
  return is === Number.POSITIVE_INFINITY ? 'wider' : 'rewrites';
}

function wholeDigitsOf({ modifiers: [precision, scale = 0] }: ColumnType): number {
  return precision === undefined ? Number.POSITIVE_INFINITY : precision - scale;
}

function scaleOf({ modifiers: [precision, scale = 0] }: ColumnType): number {
  return precision === undefined ? Number.POSITIVE_INFINITY : scale;
}

const timed = ['timestamp', 'timestamptz', 'time', 'timetz', 'interval'];
const finestPrecision = 6;

function comparePrecisions(from: ColumnType, to: ColumnType): TypeChange {
  const [was, is] = [from.modifiers, to.modifiers];
  if (was.join() === is.join()) return 'same';
  if (!timed.includes(from.name) || from.name === 'interval') return 'other';
  const [old = finestPrecision, now = finestPrecision] = [was[0], is[0]];
  return now < old ? 'narrower' : now === old ? 'same' : 'wider';
}

function compareNames(from: ColumnType, to: ColumnType): TypeChange {
  const isJson = from.name === 'json' && to.name === 'jsonb';
  return isJson ? 'rewrites' : 'other';
}
