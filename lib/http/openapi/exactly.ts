import type { z } from 'zod';
import type { Json } from '../../release/json.ts';

/** Every key asked for, so that a key which only one of two types has is seen, optional or not. */
type Filled<T> = [Json] extends [T] ? T : T extends object ? { [K in keyof T]-?: Filled<T[K]> } : T;

type Fits<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Whether two types say the same, however they are put together. */
export type Same<A, B> = Fits<A, B> extends true ? Fits<Filled<A>, Filled<B>> : false;

/** A schema whose output is `T`; anything else is a type error that names what it should be. */
type Of<T, Schema extends z.ZodType> =
  Same<z.output<Schema>, T> extends true ? Schema : { isNotTheSchemaOf: T };

/**
 * Takes a schema of exactly the type `T`, so that neither can change without the other.
 *
 * @example
 * const freeze = exactly<Freeze>()(z.strictObject({ scope: z.string(), … }));
 */
export function exactly<T>() {
  return <Schema extends z.ZodType>(schema: Schema & Of<T, Schema>): Schema => schema;
}
