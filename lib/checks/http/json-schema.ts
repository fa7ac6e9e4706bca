import { messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import { parseJson } from '../body-expectation.ts';
import type { SchemaJudge } from './unmet.ts';

/**
 * A judge of bodies by a JSON schema: draft 2020-12, or draft-07 where its `$schema` says so.
 * @throws Error when it is no schema.
 */
export async function createSchemaJudge(schema: JsonObject): Promise<SchemaJudge> {
  const ajv = await createAjv(String(schema.$schema ?? ''));
  const validate = compile(() => ajv.compile(schema));
  return (body) => {
    const value = parseJson(body);
    if (value === undefined) return 'the body is not JSON';
    if (validate(value)) return null;
    const [first] = validate.errors ?? [];
    const where = first?.instancePath.replaceAll('/', '.').slice(1) || 'the body';
    return `${where} ${first?.message ?? 'is not valid'} (JSON schema)${detailOf(first?.params)}`;
  };
}

/** Strictness is for who writes schemas for a living: here an unknown keyword is a note. */
const options = { strict: false, allErrors: false, logger: false } as const;

/** All of it is CommonJS, which has nothing but a default export once it is bundled. */
async function createAjv(dialect: string) {
  const { default: formats } = await import('ajv-formats');
  const ajv = dialect.includes('draft-07') ? await createOlderAjv() : await createCurrentAjv();
  formats.default(ajv);
  return ajv;
}

async function createCurrentAjv() {
  const { default: module } = await import('ajv/dist/2020.js');
  return new module.Ajv2020(options);
}

async function createOlderAjv() {
  const { default: module } = await import('ajv');
  return new module.Ajv(options);
}

function compile<Validate>(make: () => Validate): Validate {
  try {
    return make();
  } catch (error) {
    throw new Error(`expect.schema is no JSON schema: ${messageOf(error)}`, { cause: error });
  }
}

/** What a message leaves out: the name of a key too many, the values that are allowed. */
function detailOf(params: Record<string, unknown> | undefined): string {
  const named = params?.additionalProperty ?? params?.unevaluatedProperty ?? params?.allowedValues;
  return named === undefined ? '' : `: ${JSON.stringify(named)}`;
}
