import { describe, expect, it } from 'vitest';
import { createCommandLine } from '../../support/command-line.ts';

interface Asked {
  url: string;
  headers: Record<string, string>;
}

/** A command line at an address where the answer is always the same. */
function prepare(answer: () => Response, env: Record<string, string> = {}) {
  const asked: (Asked & { isSigned: boolean })[] = [];
  const recording = (isSigned: boolean): typeof fetch => {
    return async (url, { headers = {} } = {}) => {
      asked.push({ url: String(url), headers: headers as Record<string, string>, isSigned });
      return answer();
    };
  };
  const url = 'https://abc123.execute-api.eu-central-1.amazonaws.com';
  const line = createCommandLine(url, {
    env: { VERDIGRIS_URL: url, USER: 'ada', ...env },
    fetch: recording(false),
    signingFetch: async () => recording(true),
  });
  return { ...line, asked, url };
}

const services = () => Response.json({ services: [] });

describe('--aws', () => {
  it('asks under /aws, signed, with no token and no name of its own choice', async () => {
    const { verdigris, asked, url } = prepare(services, { VERDIGRIS_TOKEN: 'a-token-0123456789' });
    expect(await verdigris('status', '--aws')).toBe(0);
    expect(asked[0]).toMatchObject({ url: `${url}/aws/api/services`, isSigned: true });
    expect(Object.keys(asked[0]?.headers ?? {})).toEqual(['accept']);
  });

  it('is the same as VERDIGRIS_AUTH=aws, unless a token is named', async () => {
    const aws = prepare(services, { VERDIGRIS_AUTH: 'aws' });
    await aws.verdigris('status');
    await aws.verdigris('status', '--token', 'a-token-0123456789');
    expect(aws.asked.map(({ isSigned }) => isSigned)).toEqual([true, false]);
  });

  it.each([
    [['--aws', '--token', 'x'], {}, '--aws and --token exclude each other'],
    [[], { VERDIGRIS_AUTH: 'iam' }, 'VERDIGRIS_AUTH is "iam"; it needs aws or token'],
  ])('is refused as usage: %j %j', async (options, env: Record<string, string>, message) => {
    const { verdigris, output } = prepare(services, env);
    expect(await verdigris('status', ...options)).toBe(2);
    expect(output.stderr).toContain(message);
  });

  it('says who refuses, when API Gateway does', async () => {
    const { verdigris, output } = prepare(() =>
      Response.json({ message: 'Forbidden' }, { status: 403 }),
    );
    expect(await verdigris('status', '--aws')).toBe(1);
    expect(output.stderr).toContain('API Gateway lets these AWS credentials not in');
    expect(output.stderr).toContain('execute-api:Invoke');
  });
});
