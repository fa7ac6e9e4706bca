import { CreateAliasCommand, InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { createLambdaInvokeCheck } from '../../lib/checks/lambda-invoke.ts';
import { createLambdaVersionEnvironment } from '../../lib/environments/lambda-version/environment.ts';
import { silentLogger } from '../../lib/release/logger.ts';
import { createLambdaAliasRouter } from '../../lib/routers/lambda-alias/router.ts';
import { routerContract } from '../contract/router-contract.ts';
import { checkContext } from '../support/check-context.ts';
import { emulators } from '../support/emulators.ts';
import { desiredRoute, fakeEnvironment } from '../support/fakes/router.ts';
import { machine } from '../unit/routers/proxy-harness.ts';
import { createEmulatedFunction, type EmulatedFunction, shopSource } from './lambda-function.ts';

const { clock, timers } = machine;

function routerOf({ lambda, functionName }: EmulatedFunction) {
  const config = { kind: 'lambda-alias', functionName, alias: 'live' };
  return createLambdaAliasRouter(config, { lambda, clock, timers });
}

routerContract('lambda-alias on MiniStack', async () => {
  const shop = await createEmulatedFunction(emulators.ministack);
  return {
    router: routerOf(shop),
    blue: fakeEnvironment(await shop.publish(shopSource('blue'))),
    green: fakeEnvironment(await shop.publish(shopSource('green'))),
    nowMs: () => clock.now(),
    stop: () => shop.remove(),
  };
});

describe('a release of a function on MiniStack', () => {
  let shop: EmulatedFunction;
  afterEach(() => shop.remove());

  it('goes out, is invoked, comes back, and is removed only then', async () => {
    shop = await createEmulatedFunction(emulators.ministack);
    const { lambda, functionName } = shop;
    const router = routerOf(shop);
    const environment = createLambdaVersionEnvironment(
      { kind: 'lambda-version', functionName },
      { lambda, timers, log: silentLogger },
    );

    const provide = async (version: string) => {
      const artifact = { uri: await shop.upload(`${version}.zip`, shopSource(version)), version };
      const look = () => environment.provision(artifact, `release-${version}`);
      await expect.poll(look, { timeout: 20_000 }).not.toBeNull();
      return (await look()) ?? fakeEnvironment('none');
    };
    const shift = async (id: string) => {
      const lease = { releaseId: 'r', epoch: 1, deadlineMs: clock.now() + 10_000 };
      await router.apply(router.plan(await router.read(), desiredRoute({ [id]: 100 })), lease);
    };
    const ask = async () => {
      const command = new InvokeCommand({ FunctionName: functionName, Qualifier: 'live' });
      const { Payload } = await lambda.send(command);
      return JSON.parse(new TextDecoder().decode(Payload)).body;
    };

    const blue = await provide('1.0.0');
    await shift(blue.id);
    const green = await provide('2.0.0');
    expect(await ask()).toBe('1.0.0');

    const check = createLambdaInvokeCheck(
      { kind: 'lambda-invoke', functionName, expect: { status: 200, bodyIncludes: '2.0.0' } },
      { lambda },
    );
    const verdict = await check.run(checkContext({ green, blue }));
    expect(verdict).toMatchObject({ verdict: 'pass', evidence: { executedVersion: green.id } });

    await shift(green.id);
    expect(await ask()).toBe('2.0.0');
    await expect(environment.retire(green)).rejects.toMatchObject({
      name: 'EnvironmentInUseError',
    });

    await shift(blue.id);
    expect(await ask()).toBe('1.0.0');
    expect(await environment.retire(green)).toBe('retired');
    expect(await environment.lookup(green.id)).toBeNull();
    expect(await environment.lookup(blue.id)).toEqual(blue);
  });

  it('is refused while the alias points at $LATEST', async () => {
    shop = await createEmulatedFunction(emulators.ministack);
    const { lambda, functionName } = shop;
    await shop.publish(shopSource('1'));
    const router = routerOf(shop);
    const alias = { FunctionName: functionName, Name: 'live', FunctionVersion: '$LATEST' };
    await lambda.send(new CreateAliasCommand(alias));
    const environment = createLambdaVersionEnvironment(
      { kind: 'lambda-version', functionName },
      { lambda, timers, log: silentLogger },
    );
    const uri = await shop.upload('2.zip', shopSource('2'));

    const [id = ''] = Object.keys((await router.read()).weights);
    await expect(environment.lookup(id)).rejects.toMatchObject({ name: 'RouteConflictError' });
    const attempt = environment.provision({ uri, version: '2' }, 'r2');
    await expect(attempt).rejects.toMatchObject({ name: 'RouteConflictError' });
  });
});
