import type { App, AppDeps } from '../app.ts';

type Facts = Pick<AppDeps, 'version' | 'manifestSchema'>;

/**
 * `GET /api/openapi.json`. It needs no principal: the document says what there is, not what anybody has,
 * and programs read it before they have a token. What writes it is loaded with the first request.
 */
export function addApiDocument(app: App, facts: Facts): void {
  let written: Promise<string> | undefined;
  app.get('/api/openapi.json', async (c) => {
    written ??= write(facts);
    // A failure is one of this request, not of all that come.
    written.catch(() => {
      written = undefined;
    });
    return c.body(await written, 200, { 'Content-Type': 'application/json' });
  });
}

async function write({ version, manifestSchema }: Facts): Promise<string> {
  const { createApiDocument } = await import('./document.ts');
  return JSON.stringify(createApiDocument({ version, manifestSchema: await manifestSchema() }));
}
