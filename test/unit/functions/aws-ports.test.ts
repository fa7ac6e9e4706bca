import { describe, expect, it } from 'vitest';
import { createAwsPorts } from '../../../lib/platform/aws.ts';
import { silentLogger } from '../../../lib/release/logger.ts';

const arn = (machine: string) =>
  `arn:aws:states:eu-central-1:123456789012:stateMachine:v-${machine}`;
const variables = {
  VERDIGRIS_RELEASE_ARN: arn('release'),
  VERDIGRIS_ROLLBACK_ARN: arn('rollback'),
  VERDIGRIS_RETIRE_ARN: arn('retire'),
};

describe("the AWS platform's ports", () => {
  it('name the environment variable that is missing', () => {
    const { VERDIGRIS_RETIRE_ARN: _, ...rest } = variables;

    expect(() => createAwsPorts(rest, silentLogger)).toThrow(
      expect.objectContaining({
        name: 'ConfigInvalidError',
        message: expect.stringMatching(/VERDIGRIS_RETIRE_ARN is missing/),
      }),
    );
  });

  it('refuse an ARN that is no state machine', () => {
    const wrong = { ...variables, VERDIGRIS_RELEASE_ARN: 'arn:aws:sns:eu-central-1:1:topic' };

    expect(() => createAwsPorts(wrong, silentLogger)).toThrow(/"arn:aws:sns:.*state machine/);
  });

  it('say that there is no ledger yet instead of pretending', () => {
    const ports = createAwsPorts(variables, silentLogger);

    expect(() => ports.ledger).toThrow(expect.objectContaining({ name: 'KindUnavailableError' }));
  });

  it('say that there are no signals of their own where the manifest names none', () => {
    const { adapters } = createAwsPorts(variables, silentLogger);

    expect(() => adapters.signal(null, 'storefront')).toThrow(/does not have signals of its own/);
    expect(() => adapters.metrics(null, 'storefront')).toThrow(/does not have metrics of its own/);
  });

  it('refuse a kind that only another platform has', () => {
    const { adapters } = createAwsPorts(variables, silentLogger);

    expect(() => adapters.router({ kind: 'local-proxy', port: 8080 }, 'storefront')).toThrow(
      expect.objectContaining({ name: 'KindUnavailableError' }),
    );
  });
});
