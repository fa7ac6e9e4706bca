import { createApp } from '../../lib/http/app.ts';
import { createApprovalLinks } from '../../lib/http/links/approval-links.ts';
import { signingSecretName } from '../../lib/secrets/secrets.ts';
import type { LogLine } from './api-server.ts';
import { createTestConductor, fakeManifest } from './conductor.ts';
import { createFakeSecrets } from './fakes/secrets.ts';

/** Two values of the signing secret. */
export const signingSecrets = [
  'new-signing-secret-0123456789abcd',
  'old-signing-secret-0123456789abcd',
];

/** The whole conductor with a release of Ann's that waits, and the application with its door for links. */
export async function createLinkStage(approval: Record<string, string | number | boolean> = {}) {
  const manifest = fakeManifest({ approval: { count: 2, expiresIn: '2h', ...approval } });
  const conductor = await createTestConductor({ manifest });
  const { clock, ledger, operations } = conductor;
  const [newest = '', older = ''] = signingSecrets;
  const secrets = createFakeSecrets({ [signingSecretName]: [newest, older] });
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (message: string, facts?: Record<string, unknown>) =>
    void lines.push({ level, message, facts: facts ?? {} });
  const app = createApp({
    operations,
    authenticate: () => null,
    links: { secrets, ledger, clock },
    log: { info: at('info'), warn: at('warn'), error: at('error') },
    ...{ version: '0.0.0-test', manifestSchema: () => ({}) },
  });
  const links = createApprovalLinks({
    ...{ secrets, ledger, clock },
    ids: conductor.ports.ids,
    consoleUrl: () => 'https://conductor.example.com/verdigris',
  });
  const releaseId = await conductor.release();
  await conductor.reach(releaseId, 'awaiting-approval');
  const expiresAt = (await ledger.getApproval(releaseId))?.expiresAt ?? '';

  /** The token of a link, made for Bob's yes unless it is said otherwise. */
  async function makeToken(differs: Partial<Parameters<typeof links.create>[0]> = {}) {
    const link = {
      releaseId,
      decision: 'approve',
      approver: 'bob',
      expiresAt,
      ...differs,
    } as const;
    const url = await links.create(link);
    return new URL(url ?? 'https://none.example/').searchParams.get('link') ?? '';
  }

  return {
    ...{ conductor, app, secrets, lines, links, releaseId, makeToken },
    open: (token: string, method = 'GET') =>
      app.request(`/approve?link=${encodeURIComponent(token)}`, { method }),
    press: (token: string, form: Record<string, string> = {}) =>
      app.request('/approve', {
        method: 'POST',
        body: new URLSearchParams({ link: token, ...form }),
      }),
    /** What a link for this release would say. */
    async claims(): Promise<Record<string, string>> {
      const approval = await ledger.getApproval(releaseId);
      return { release: releaseId, round: approval?.requestedAt ?? '' };
    },
    decisions: async () => (await ledger.getApproval(releaseId))?.decisions ?? [],
  };
}
