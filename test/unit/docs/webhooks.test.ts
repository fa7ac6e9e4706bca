import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { webhookKinds } from '../../../lib/http/webhooks/index.ts';
import { dockerhubPlaceholders } from '../../../lib/http/webhooks/kinds/dockerhub.ts';
import { githubEvents } from '../../../lib/http/webhooks/kinds/github.ts';
import { gitlabEvents } from '../../../lib/http/webhooks/kinds/gitlab.ts';
import { harborPlaceholders } from '../../../lib/http/webhooks/kinds/harbor.ts';
import { manifestKinds } from '../../../lib/platform/kinds.ts';
import { parseManifest } from '../../../lib/release/manifest.ts';
import type { WebhookConfig } from '../../../lib/release/webhook.ts';
import { readPage, tableRows } from './pages.ts';

const page = readPage('docs/webhooks.md');
const smallest = parse(/```yaml\n([\s\S]*?)```/.exec(readPage('docs/manifest.md'))?.[1] ?? '');

/** Everything in YAML of the pages about webhooks. */
const blocks = [page, readPage('docs/webhooks-chat-and-alerts.md')].flatMap((it) =>
  [...it.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => parse(text)),
);
/** Every entry in them, whether its block says `webhooks:` or not. */
const entries: WebhookConfig[] = blocks.flatMap((block) =>
  Array.isArray(block) ? block : (block.webhooks ?? []),
);

const placeholdersIn = (text: string) =>
  [...text.matchAll(/`\{(\w+)\}`/g)].map(([, name = '']) => name);

const section = (heading: string) => page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

describe('the pages of webhooks', () => {
  it('show entries that a manifest takes, of every kind', () => {
    const { webhooks } = parseManifest({ ...smallest, webhooks: entries }, manifestKinds);

    expect(webhooks).toHaveLength(entries.length);
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(
      new Set(webhookKinds.map(({ kind }) => kind)),
    );
  });

  it.each([
    ['GitHub', githubEvents],
    ['GitLab', gitlabEvents],
  ])('names the events of %s with their placeholders', (heading, events) => {
    const rows = tableRows(section(heading)).map((cells) => [
      /`(\w+)`/.exec(cells[0] ?? '')?.[1],
      placeholdersIn(cells.at(-1) ?? ''),
    ]);

    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(events).map(([name, it]) => [name, it.placeholders])),
    );
  });

  it.each([
    ['Docker Hub', dockerhubPlaceholders],
    ['Harbor', harborPlaceholders],
  ])('names the placeholders of %s', (heading, placeholders) => {
    expect(placeholdersIn(section(heading))).toEqual([...placeholders]);
  });
});
