import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Answer {
  content?: Record<string, { schema: object }>;
  $ref?: string;
}

/** As much of the shop's `openapi.json` as tests look at. */
export interface ShopContract {
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
  components: { responses: Record<string, Answer> };
}

/** Why an answer is not as the contract says, or null. `route` is a path of the contract. */
export type Judge = (
  method: string,
  route: string,
  answer: { status: number; type: string; text: string },
) => string | null;

/** Judges answers of the shop by its contract. */
export function judgeBy(contract: ShopContract): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'shop', ...contract });
  return (method, route, { status, type, text }) => {
    const described = contract.paths[route]?.[method.toLowerCase()]?.responses[status];
    if (!described) return `${method} ${route} does not describe ${status}`;
    const name = described.$ref?.split('/').at(-1) ?? '';
    const { content = {} } = contract.components.responses[name] ?? described;
    const media = content[type.split(';')[0] ?? ''];
    if (!media)
      return text === '' ? null : `${method} ${route} ${status} does not describe ${type}`;
    if (!type.startsWith('application/json')) return null;
    const schema = JSON.parse(JSON.stringify(media.schema).replaceAll('"#/', '"shop#/'));
    return ajv.validate(schema, JSON.parse(text)) ? null : ajv.errorsText();
  };
}
