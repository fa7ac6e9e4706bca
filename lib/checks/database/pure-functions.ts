import type { Node } from 'libpg-query';
import { stringsOf } from './names.ts';

/** Functions of PostgreSQL that read what they are given, and leave nothing behind. */
const pure = new Set(
  `
  abs age any_value array_agg array_append array_cat array_length array_lower array_position array_positions
  array_prepend array_remove array_replace array_to_json array_to_string array_upper ascii avg bit_and bit_length
  bit_or bool_and bool_or btrim cardinality ceil ceiling char_length character_length chr clock_timestamp coalesce
  concat concat_ws convert_from convert_to corr count cume_dist current_database current_schema current_setting
  date_bin date_part date_trunc decode dense_rank digest div encode every exp extract first_value floor format
  gen_random_bytes gen_random_uuid generate_series greatest initcap isfinite json_agg json_array_elements
  json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text
  json_extract_path json_extract_path_text json_object json_object_agg json_object_keys json_strip_nulls json_typeof
  jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
  jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg
  jsonb_object_keys jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lag
  last_value lead least left length like_escape ln log lower lower_inc lower_inf lpad ltrim make_date make_interval
  make_time make_timestamp make_timestamptz max md5 min mod mode now nth_value ntile nullif num_nonnulls num_nulls
  octet_length overlay percent_rank percentile_cont percentile_disc phraseto_tsquery pi plainto_tsquery position
  power quote_ident quote_literal quote_nullable random range_agg rank regexp_count regexp_instr regexp_like
  regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat
  replace reverse right round row_number row_to_json rpad rtrim setweight sha224 sha256 sha384 sha512 sign
  similar_to_escape split_part sqrt starts_with statement_timestamp stddev stddev_pop stddev_samp string_agg
  string_to_array string_to_table strpos substr substring sum timeofday timezone to_char to_date to_hex to_json
  to_jsonb to_number to_regclass to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim trunc
  ts_headline ts_rank ts_rank_cd tsvector_to_array unnest upper upper_inc upper_inf uuid_generate_v4 uuidv4 uuidv7
  var_pop var_samp variance version websearch_to_tsquery width_bucket
  `
    .trim()
    .split(/\s+/),
);

/** What is called anywhere in a tree and is none of them, as `schema.name`. */
export function unknownCallsIn(tree: unknown): string[] {
  return nodesIn(tree, 'FuncCall').flatMap((call) => {
    const names = stringsOf((call as { funcname?: Node[] }).funcname);
    return isPure(names) ? [] : [names.join('.')];
  });
}

/** Everything of a kind that a tree has in it, however deep. */
export function nodesIn(tree: unknown, kind: string): unknown[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, inner]) => [
    ...(key === kind ? [inner] : []),
    ...nodesIn(inner, kind),
  ]);
}

/** Without a schema, PostgreSQL takes its own function before anybody else's. */
function isPure(names: readonly string[]): boolean {
  const [name = '', schema = 'pg_catalog', ...more] = names.toReversed();
  return pure.has(name) && schema === 'pg_catalog' && more.length === 0;
}
