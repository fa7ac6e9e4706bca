/** One request of a recording, as a test has it. */
export interface RecordedEntry {
  path: string;
  method?: string;
  /** `https://shop.example.com` if absent. */
  origin?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Of a form, in place of a body. */
  params?: Record<string, string>;
  status?: number;
  location?: string;
  /** Content type of the answer; JSON if absent. */
  type?: string;
  json?: unknown;
  /** The answer's text, which is recorded in base64. */
  base64?: string;
  resourceType?: string;
}

/** A HAR file with these requests, as browsers write it. */
export function harOf(entries: RecordedEntry[]): string {
  return JSON.stringify({ log: { version: '1.2', entries: entries.map(entryOf) } });
}

const listOf = (named: Record<string, string>) =>
  Object.entries(named).map(([name, value]) => ({ name, value }));

function entryOf({ method = 'GET', origin = 'https://shop.example.com', ...entry }: RecordedEntry) {
  const { path, headers = {}, body, params, status = 200, location, json, base64 } = entry;
  return {
    ...(entry.resourceType ? { _resourceType: entry.resourceType } : {}),
    request: {
      ...{ method, url: `${origin}${path}`, headers: listOf(headers) },
      ...(body === undefined ? {} : { postData: { mimeType: 'text/plain', text: body } }),
      ...(params ? { postData: { mimeType: 'text/plain', params: listOf(params) } } : {}),
    },
    response: {
      status,
      headers: location ? [{ name: 'Location', value: location }] : [],
      redirectURL: location ?? '',
      content: {
        mimeType: entry.type ?? 'application/json',
        ...(json === undefined ? {} : { text: JSON.stringify(json) }),
        ...(base64 ? { text: Buffer.from(base64).toString('base64'), encoding: 'base64' } : {}),
      },
    },
  };
}
