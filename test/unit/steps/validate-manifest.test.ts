import { describe, expect, it } from 'vitest';
import { VerdigrisError } from '../../../lib/release/errors.ts';
import { createTestConductor, fakeManifest } from '../../support/conductor.ts';

describe('validating a manifest without applying it', () => {
  it('finds nothing wrong with a good one, also of a service that is not there yet', async () => {
    const { operations, ledger } = await createTestConductor();

    const manifest = fakeManifest({ service: 'newcomer' });

    expect(await operations.validateManifest('newcomer', manifest)).toEqual([]);
    expect(await ledger.getManifest('newcomer')).toBeNull();
  });

  it('finds everything that is wrong, each with its path', async () => {
    const { operations } = await createTestConductor();

    const manifest = fakeManifest({ retian: '24h', watch: { window: 'soon' } });
    const issues = await operations.validateManifest('storefront', manifest);

    expect(issues.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['retian', 'watch.window']),
    );
    expect(issues.find(({ path }) => path === 'retian')?.reason).toContain('"retain"');
  });

  it('finds that it is of another service, and what this platform lacks', async () => {
    const { operations, ports } = await createTestConductor();

    const [other] = await operations.validateManifest('payroll', fakeManifest());
    ports.adapters.router = () => {
      throw new VerdigrisError('KindUnavailableError', 'router: alb-listener needs AWS');
    };
    const [lacking] = await operations.validateManifest('storefront', fakeManifest());

    expect(other?.reason).toContain('payroll');
    expect(lacking?.reason).toContain('needs AWS');
  });

  it('does not call it invalid when it could not be looked at', async () => {
    const { operations, ports } = await createTestConductor();
    ports.adapters.router = () => {
      throw new VerdigrisError('ThrottledError', 'later');
    };

    await expect(operations.validateManifest('storefront', fakeManifest())).rejects.toMatchObject({
      name: 'ThrottledError',
    });
  });
});
