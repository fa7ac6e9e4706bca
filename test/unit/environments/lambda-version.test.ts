import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEnvironment } from '../../../lib/environments/index.ts';
import { readCodeSource } from '../../../lib/environments/lambda-version/code-source.ts';
import { createLambdaVersionEnvironment } from '../../../lib/environments/lambda-version/environment.ts';
import {
  readStageMark,
  readVersionMark,
  stageMark,
} from '../../../lib/environments/lambda-version/marks.ts';
import { lambdaVersionKind } from '../../../lib/environments/lambda-version.ts';
import type { Artifact } from '../../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../../lib/release/document.ts';
import { silentLogger } from '../../../lib/release/logger.ts';
import { createFakeLambda } from '../../support/fakes/lambda.ts';
import type { FakeCode } from '../../support/fakes/lambda-control-plane.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const uri = 's3://artifacts/shop/2.zip?versionId=abc';
const artifact: Artifact = { uri, version: '2.0.0' };
const image = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop';
const writes = /^(Update|Publish|Delete|Put|Create)/;

function prepare(options: { code?: FakeCode; [key: string]: unknown } = {}) {
  const { code, ...config } = options;
  const fake = createFakeLambda(code ? { code } : {});
  fake.store.set(uri, { content: 'second' });
  const clock = createVirtualClock();
  const warnings: unknown[] = [];
  const log = {
    info: () => {},
    error: () => {},
    warn: (message: string, facts?: object) => void warnings.push({ message, ...facts }),
  };
  const environment = createLambdaVersionEnvironment(
    { kind: 'lambda-version', functionName: fake.functionName, ...config },
    { lambda: fake.lambda, timers: clock, log },
  );
  /** One call, and the time that it waits. */
  async function attempt(releaseId = 'r1', given = artifact): Promise<EnvironmentRef | null> {
    const call = environment.provision(given, releaseId);
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    call.then(over, over);
    await clock.settle();
    for (let waits = 0; !isOver && waits < 20; waits += 1) await clock.advance(4000);
    return call;
  }
  /** Calls again and again, as the state machine does. */
  async function provide(releaseId = 'r1', given = artifact): Promise<EnvironmentRef> {
    for (let calls = 0; calls < 20; calls += 1) {
      const ref = await attempt(releaseId, given);
      if (ref) return ref;
    }
    throw new Error('nothing was published within twenty calls');
  }
  return { fake, environment, attempt, provide, clock, warnings };
}

const named = (name: string, message: RegExp | string = '') =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

describe('publishing a version', () => {
  it('marks, updates, notes the code and publishes', async () => {
    const { fake, environment } = prepare();

    const answers = [];
    for (let calls = 0; calls < 3; calls += 1) {
      answers.push(await environment.provision(artifact, 'r1'));
    }

    expect(answers.slice(0, 2)).toEqual([null, null]);
    expect(answers[2]).toEqual({
      id: '1',
      kind: 'lambda-version',
      version: '2.0.0',
      address: null,
      attributes: {
        functionName: 'storefront',
        version: '1',
        codeSha256: createHash('sha256').update('second').digest('base64'),
      },
    });
    const { calls } = fake;
    const written = calls.filter(({ command, input }) => writes.test(command) && !input.DryRun);
    expect(written.map(({ command }) => command)).toEqual([
      'UpdateFunctionConfiguration',
      'UpdateFunctionCode',
      'UpdateFunctionConfiguration',
      'PublishVersion',
    ]);
    for (const { input } of written) expect(input.RevisionId).toMatch(/^rev-/);
    expect(fake.describedAs('1')).toBe('verdigris release=r1 version=2.0.0');
  });

  it('waits while Lambda is busy, and asks nothing of it meanwhile', async () => {
    const { fake, environment } = prepare();
    fake.setState({ LastUpdateStatus: 'InProgress' });
    fake.busyReads = 3;

    expect(await environment.provision(artifact, 'r1')).toBeNull();
    fake.setState({ LastUpdateStatus: 'Successful', State: 'Pending' });
    expect(await environment.provision(artifact, 'r1')).toBeNull();

    expect(fake.commands().filter((command) => writes.test(command))).toEqual([]);
  });

  it('makes a version of its own of code that did not change', async () => {
    const { fake, provide } = prepare();

    const refs = [await provide('r1'), await provide('r2')];

    expect(refs.map(({ id }) => id)).toEqual(['1', '2']);
    expect(fake.contentOf('2')).toBe('second');
  });

  it.each(['UpdateFunctionConfiguration', 'UpdateFunctionCode', 'PublishVersion'])(
    'publishes once when the answer of %s was lost',
    async (command) => {
      const { fake, environment, provide } = prepare();
      fake.loseAnswer(command);

      const outcomes = [];
      for (let calls = 0; calls < 3; calls += 1) {
        outcomes.push(await environment.provision(artifact, 'r1').catch((error) => error.name));
      }

      expect(outcomes).toContain('ThrottledError');
      expect(await provide()).toMatchObject({ id: '1', version: '2.0.0' });
      expect(fake.versions()).toEqual(['1']);
    },
  );

  it('waits for its update for twenty seconds, and otherwise sends the same code again', async () => {
    const { fake, environment, provide, clock } = prepare();
    await environment.provision(artifact, 'r1');
    fake.busyReads = 100;
    const begin = clock.now();
    const attempt = environment.provision(artifact, 'r1');

    await clock.advance(30_000);

    expect(await attempt).toBeNull();
    expect(clock.now() - begin).toBe(30_000);
    expect(readStageMark(fake.latest().Description)?.codeSha256).toBeNull();
    fake.busyReads = 3;
    fake.setState({ LastUpdateStatus: 'Successful' });
    expect(fake.contentOf((await provide()).id)).toBe('second');
    const sent = fake.calls.filter(
      ({ command, input }) => command === 'UpdateFunctionCode' && !input.DryRun,
    );
    expect(sent).toHaveLength(2);
  });

  it.each([{ busyReads: 0 }, { busyReads: 2 }])(
    'publishes what it sent, also when dry runs tell nothing ($busyReads busy looks)',
    async ({ busyReads }) => {
      const { fake, provide } = prepare();
      Object.assign(fake, { busyReads, dryRunsTellNothing: true });

      const { id } = await provide();

      expect(fake.contentOf(id)).toBe('second');
    },
  );

  it('publishes the image that it sent, also when dry runs tell nothing', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const { fake, provide } = prepare({ code: { content: 'old', packageType: 'Image' } });
    fake.store.set(`${image}@${digest}`, { content: 'new', packageType: 'Image' });
    fake.dryRunsTellNothing = true;

    const { id } = await provide('r1', { uri: `${image}@${digest}`, version: '2', digest });

    expect(fake.contentOf(id)).toBe('new');
  });

  it('does not take code for its own that somebody deployed while it waited', async () => {
    const { fake, environment, provide, clock } = prepare();
    await environment.provision(artifact, 'r1');
    fake.busyReads = 2;
    const attempt = environment.provision(artifact, 'r1');
    await clock.settle();
    fake.deployByHand({ content: 'not ours' });
    await clock.advance(4000);

    expect(await attempt).toBeNull();
    expect(fake.contentOf((await provide()).id)).toBe('second');
  });

  it('cannot note its code any more when a later release has begun', async () => {
    const { fake, environment, provide } = prepare();
    fake.store.set('s3://artifacts/late.zip', { content: 'late' });
    const late = { uri: 's3://artifacts/late.zip', version: '1.9.0' };
    await environment.provision(late, 'r0');
    const delayed = fake.delayNext('UpdateFunctionConfiguration');
    await expect(environment.provision(late, 'r0')).rejects.toEqual(named('ThrottledError'));
    await environment.provision(artifact, 'r1');

    expect(await delayed.takeEffect()).toBe('PreconditionFailedException');
    expect(fake.contentOf((await provide()).id)).toBe('second');
  });

  it('gives two calls at once the same version', async () => {
    const { fake, provide } = prepare();
    fake.busyReads = 1;

    const refs = await Promise.all([provide(), provide(), provide()]);

    expect(new Set(refs.map(({ id }) => id))).toEqual(new Set(['1']));
    expect(fake.versions()).toEqual(['1']);
  });

  it('takes the first of two versions that were published for it', async () => {
    const { fake, environment } = prepare();
    fake.publishByHand('verdigris release=r1 version=2.0.0');
    fake.deployByHand({ content: 'again' });
    fake.publishByHand('verdigris release=r1 version=2.0.0');

    expect((await environment.ofRelease('r1'))?.id).toBe('1');
  });

  it('finds its version behind many pages of others', async () => {
    const { fake, environment, provide } = prepare();
    for (let number = 0; number < 7; number += 1) {
      fake.deployByHand({ content: `old ${number}` });
      fake.publishByHand();
    }

    const { id } = await provide();

    expect(id).toBe('8');
    expect((await environment.ofRelease('r1'))?.id).toBe('8');
  });

  it.each([
    ['before it is published', 'PublishVersion'],
    ['before its code arrives', 'UpdateFunctionCode'],
  ])('never publishes what somebody else deployed %s', async (_, command) => {
    const { fake, environment, provide } = prepare();
    await environment.provision(artifact, 'r1');
    fake.before(command, () => fake.deployByHand({ content: 'not ours' }));

    const { id } = await provide();

    expect(fake.contentOf(id)).toBe('second');
    expect(fake.describedAs(id)).toBe('verdigris release=r1 version=2.0.0');
  });

  it('is not deceived where the revision is not looked at, thanks to CodeSha256', async () => {
    const { fake, environment, provide } = prepare();
    await environment.provision(artifact, 'r1');
    await environment.provision(artifact, 'r1');
    const { RevisionId } = fake.latest();
    fake.before('PublishVersion', () => {
      fake.deployByHand({ content: 'not ours' });
      fake.setState({ RevisionId: RevisionId ?? '' });
    });

    expect(fake.contentOf((await provide()).id)).toBe('second');
  });

  it('does not take a version that somebody published meanwhile for its own', async () => {
    const { fake, environment, provide } = prepare();
    await environment.provision(artifact, 'r1');
    const theirs = fake.publishByHand();

    const { id } = await provide();

    expect(id).not.toBe(theirs);
    expect(fake.contentOf(id)).toBe('second');
  });

  it('gets a version with its mark also when somebody published the very same', async () => {
    const { fake, environment, provide } = prepare();
    await environment.provision(artifact, 'r1');
    await environment.provision(artifact, 'r1');
    fake.publishByHand();

    const { id } = await provide();

    expect(id).toBe('2');
    expect(fake.describedAs(id)).toBe('verdigris release=r1 version=2.0.0');
  });

  it('cannot harm a later release by a call that arrives late', async () => {
    const { fake, environment, provide } = prepare();
    fake.store.set('s3://artifacts/late.zip', { content: 'late' });
    const late = { uri: 's3://artifacts/late.zip', version: '1.9.0' };
    await environment.provision(late, 'r0');
    const delayed = fake.delayNext('UpdateFunctionCode');
    // The dry run of r0 is over: this is its real update.
    await expect(environment.provision(late, 'r0')).rejects.toEqual(named('ThrottledError'));
    await environment.provision(artifact, 'r1');

    expect(await delayed.takeEffect()).toBe('PreconditionFailedException');
    expect(fake.contentOf((await provide()).id)).toBe('second');
  });

  it('goes on after a failed update of somebody else, not after its own', async () => {
    const { fake, environment } = prepare();
    const failure = {
      LastUpdateStatus: 'Failed',
      LastUpdateStatusReason: 'no such image',
    } as const;
    fake.setState(failure);
    expect(await environment.provision(artifact, 'r1')).toBeNull();
    fake.setState(failure);

    const attempt = environment.provision(artifact, 'r1');

    await expect(attempt).rejects.toEqual(named('ProvisionFailedError', 'no such image'));
  });

  it('asks for an image by its digest, so that a tag that moves changes nothing', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const { fake, provide } = prepare({ code: { content: 'v1', packageType: 'Image' } });
    fake.store.set(`${image}@${digest}`, { content: 'v2', packageType: 'Image' });

    const { id } = await provide('r1', { uri: `${image}:latest`, version: '2.0.0', digest });

    expect(fake.contentOf(id)).toBe('v2');
  });
});

describe('artifacts that Lambda cannot take', () => {
  const sha = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

  async function refusal(given: Partial<Artifact>, code?: FakeCode) {
    const { fake, environment } = prepare(code ? { code } : {});
    fake.store.set('s3://artifacts/text.zip', {
      content: 'text',
      refusedWith:
        'Could not unzip uploaded file. Please check your file, then try to upload again.',
    });
    const before = fake.latest();
    const error = await environment
      .provision({ ...artifact, ...given }, 'r1')
      .catch((reason: Error) => reason);
    expect(fake.latest()).toEqual(before);
    expect(fake.versions()).toEqual([]);
    return error;
  }

  it.each([
    ['one that is not there', { uri: 's3://artifacts/none.zip' }, /none\.zip.*NoSuchKey/],
    ['one that is no zip', { uri: 's3://artifacts/text.zip' }, /text\.zip.*unzip/],
    [
      'another digest',
      { digest: sha('other') },
      new RegExp(`${sha('second')}, not ${sha('other')}`),
    ],
    ['an image for a zip function', { uri: `${image}:v2` }, /container image.*zip archive/],
    ['a file of this machine', { uri: './shop' }, /s3:\/\/BUCKET.*dkr\.ecr/],
    ['an address of the web', { uri: 'https://example.org/a.zip' }, /s3:\/\/BUCKET/],
  ])('are refused before anything is touched: %s', async (_, given, reason) => {
    expect(await refusal(given)).toEqual(named('ArtifactInvalidError', reason));
  });

  it('are refused for an image function too', async () => {
    const error = await refusal({}, { content: 'v1', packageType: 'Image' });

    expect(error).toEqual(named('ArtifactInvalidError', /zip archive.*container image/));
  });

  it('take the digest that they were promised with', async () => {
    const { provide } = prepare();

    expect((await provide('r1', { ...artifact, digest: sha('second') })).id).toBe('1');
  });

  it('include one that is overwritten while it is released', async () => {
    const { fake, environment } = prepare();
    await environment.provision(artifact, 'r1');
    await environment.provision(artifact, 'r1');
    fake.store.set(uri, { content: 'third' });
    // So that the code has to be sent again.
    fake.deployByHand({ content: 'not ours' });

    const attempt = environment.provision(artifact, 'r1');

    await expect(attempt).rejects.toEqual(named('ArtifactInvalidError', 'overwritten'));
    expect(fake.versions()).toEqual([]);
  });

  it.each([false, true])(
    'are never published with another digest (dry runs tell nothing: %s)',
    async (dryRunsTellNothing) => {
      const { fake, provide } = prepare();
      Object.assign(fake, { dryRunsTellNothing });
      const given = { ...artifact, digest: sha('other') };

      await expect(provide('r1', given)).rejects.toEqual(
        named('ArtifactInvalidError', `${sha('second')}, not ${sha('other')}`),
      );
      await expect(provide('r1', given)).rejects.toEqual(named('ArtifactInvalidError'));
      expect(fake.versions()).toEqual([]);
    },
  );

  it('are not taken for wrong because a dry run tells the hash of what is there', async () => {
    const { fake, provide } = prepare();
    fake.dryRunsTellNothing = true;

    const { id } = await provide('r1', { ...artifact, digest: sha('second') });

    expect(fake.contentOf(id)).toBe('second');
  });

  it.each([
    [
      'S3',
      'Your access has been denied by S3, please make sure your request credentials have permission to GetObject',
      'ArtifactInvalidError',
      /GetObject/,
    ],
    [
      'Lambda',
      'User: arn:aws:sts::1:x is not authorized to perform: lambda:UpdateFunctionCode on resource: y',
      'ConfigInvalidError',
      /allow lambda:UpdateFunctionCode/,
    ],
  ])('are told from a role that lacks a grant: denied by %s', async (_, message, name, reason) => {
    const { fake, environment } = prepare();
    fake.failNext('UpdateFunctionCode', 'AccessDeniedException', message);

    await expect(environment.provision(artifact, 'r1')).rejects.toEqual(named(name, reason));
  });
});

describe('what Lambda says no with', () => {
  it.each([
    ['TooManyRequestsException', 'ThrottledError', /patience/],
    ['ServiceException', 'ThrottledError', /does not answer/],
    ['ResourceNotFoundException', 'ConfigInvalidError', /no Lambda function storefront.*create it/],
    ['AccessDeniedException', 'ConfigInvalidError', /allow lambda:GetFunctionConfiguration/],
  ])('%s of a read is %s', async (name, ours, reason) => {
    const { fake, environment } = prepare();
    fake.failNext('GetFunctionConfiguration', name, 'no');

    await expect(environment.provision(artifact, 'r1')).rejects.toEqual(named(ours, reason));
  });

  it('names the quota when code storage is full', async () => {
    const { fake, provide } = prepare();
    fake.failNext('PublishVersion', 'CodeStorageExceededException', 'limit exceeded');

    await expect(provide()).rejects.toEqual(
      named('ProvisionFailedError', /75 GB.*delete versions/),
    );
  });
});

describe('an alias on $LATEST (rule 3)', () => {
  it('is refused as the live side, with what to do', async () => {
    const { environment } = prepare();

    await expect(environment.lookup('$LATEST')).rejects.toEqual(
      named('RouteConflictError', /\$LATEST.*publish-version.*update-alias/),
    );
  });

  it('keeps $LATEST untouched, whichever alias it is and on whatever page', async () => {
    const { fake, environment } = prepare();
    const number = fake.publishByHand();
    for (const name of ['a', 'b', 'c', 'd']) fake.pointByHand(name, number);
    fake.pointByHand('zoo', '$LATEST');
    const before = fake.latest();

    const attempt = environment.provision(artifact, 'r1');

    await expect(attempt).rejects.toEqual(named('RouteConflictError', 'alias zoo'));
    expect(fake.latest()).toEqual(before);
    expect(fake.commands().filter((command) => writes.test(command))).toEqual([]);
  });

  it('also stops a release that had begun', async () => {
    const { fake, environment } = prepare();
    await environment.provision(artifact, 'r1');
    fake.pointByHand('live', '$LATEST');

    await expect(environment.provision(artifact, 'r1')).rejects.toEqual(
      named('RouteConflictError'),
    );
    expect(fake.latest().CodeSha256).not.toBe(
      createHash('sha256').update('second').digest('base64'),
    );
  });
});

describe('the state of a version', () => {
  it.each([
    ['Pending', 'pending', /Creating/],
    ['Failed', 'failed', /Creating/],
    ['Active', 'ready', ''],
    ['Inactive', 'ready', /first invocation wakes it/],
  ] as const)('%s is %s', async (State, state, reason) => {
    const { fake, environment, provide } = prepare();
    const ref = await provide();
    fake.setState({ State, StateReason: 'why', StateReasonCode: 'Creating' }, ref.id);

    expect(await environment.status(ref)).toMatchObject({
      state,
      reason: expect.stringMatching(reason),
    });
  });

  it('waits for the provisioned concurrency that was asked for, once', async () => {
    const { fake, environment, provide } = prepare({ provisionedConcurrency: 5 });
    fake.concurrencyReads = 2;
    const ref = await provide();

    const states = [];
    for (let looks = 0; looks < 3; looks += 1) states.push((await environment.status(ref)).state);
    await provide();

    expect(states).toEqual(['pending', 'pending', 'ready']);
    expect(fake.concurrency('1')).toBe(5);
    const puts = fake.commands().filter((name) => name === 'PutProvisionedConcurrencyConfig');
    expect(puts).toHaveLength(1);
  });

  it('asks for no provisioned concurrency before the version is active', async () => {
    const { fake, environment, provide } = prepare({ provisionedConcurrency: 5 });
    fake.pendingReads = 1;
    await environment.provision(artifact, 'r1');
    await environment.provision(artifact, 'r1');

    expect(await environment.provision(artifact, 'r1')).toBeNull();
    expect(fake.commands()).not.toContain('PutProvisionedConcurrencyConfig');
    const ref = await provide();

    expect(fake.concurrency(ref.id)).toBe(5);
  });

  it('asks again for provisioned concurrency while Lambda is at work on the version', async () => {
    const { fake, attempt, provide } = prepare({ provisionedConcurrency: 5 });
    for (let calls = 0; calls < 2; calls += 1) await attempt();
    fake.failNext('PutProvisionedConcurrencyConfig', 'ResourceConflictException', 'in progress');

    expect(await attempt()).toBeNull();
    expect(fake.concurrency((await provide()).id)).toBe(5);
  });

  it('is looked at less often where it takes minutes', async () => {
    const { fake, environment, provide } = prepare({ provisionedConcurrency: 5 });
    const ref = await provide();
    fake.setState({ State: 'Pending' }, ref.id);
    expect(await environment.status(ref)).toMatchObject({ retryAfterSeconds: 1 });
    fake.setState({ State: 'Active' }, ref.id);
    fake.concurrencyReads = 100;
    await environment.scale(ref, 6);

    expect(await environment.status(ref)).toMatchObject({
      state: 'pending',
      retryAfterSeconds: 5,
    });
  });

  it('lets an older version that has none take traffic back, and gives it none', async () => {
    const { fake, environment } = prepare({ provisionedConcurrency: 5 });
    const blue = await environment.lookup(fake.publishByHand('before'));

    expect(blue && (await environment.status(blue)).state).toBe('ready');
    expect(fake.commands()).not.toContain('PutProvisionedConcurrencyConfig');
  });

  it('fails with the reason of provisioned concurrency', async () => {
    const { fake, environment, provide } = prepare({ provisionedConcurrency: 5 });
    fake.concurrencyFailsWith = 'no capacity';
    const ref = await provide();

    expect(await environment.status(ref)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('no capacity'),
    });
  });

  it('scales by provisioned concurrency, down to none', async () => {
    const { fake, environment, provide } = prepare();
    const ref = await provide();

    await environment.scale(ref, 7);
    expect(fake.concurrency('1')).toBe(7);
    await environment.scale(ref, 0);
    expect(fake.concurrency('1')).toBeUndefined();
    await environment.scale(ref, 0);
  });

  it.each([
    ['PutProvisionedConcurrencyConfig', 3],
    ['DeleteProvisionedConcurrencyConfig', 0],
  ])('asks for patience while %s is in the way of another operation', async (command, capacity) => {
    const { fake, environment, provide } = prepare();
    const ref = await provide();
    fake.failNext(command, 'ResourceConflictException', 'in progress');

    await expect(environment.scale(ref, capacity)).rejects.toEqual(named('ThrottledError'));
  });

  it('calls what was live before Verdigris came by version unknown', async () => {
    const { fake, environment } = prepare();
    const id = fake.publishByHand('released by hand');

    expect(await environment.lookup(id)).toMatchObject({ id, version: 'unknown' });
  });
});

describe('warming', () => {
  const warm = [{ payload: { path: '/' }, count: 3 }, { payload: 'hello' }];

  it('sends every event as often as it is asked for, to that version', async () => {
    const { fake, environment, provide } = prepare({ warm });
    const ref = await provide();

    await environment.warm(ref);

    const invocations = fake.calls.filter(({ command }) => command === 'Invoke');
    const payloads = invocations.map(({ input }) => Buffer.from(input.Payload as never).toString());
    expect(payloads).toEqual(['{"path":"/"}', '{"path":"/"}', '{"path":"/"}', '"hello"']);
    expect(new Set(invocations.map(({ input }) => input.Qualifier))).toEqual(new Set(['1']));
  });

  it('logs what goes wrong and goes on', async () => {
    const { fake, environment, provide, warnings } = prepare({ warm });
    fake.store.set(uri, { content: 'second', answer: () => new Error('no database') });
    const ref = await provide();
    fake.failNext('Invoke', 'TooManyRequestsException');

    await environment.warm(ref);

    expect(warnings).toHaveLength(4);
    expect(JSON.stringify(warnings)).toMatch(/TooManyRequestsException.*Unhandled/);
  });

  it('does not wait for an answer for ever', async () => {
    const { fake, environment, provide, clock, warnings } = prepare({ warm: [{}] });
    const ref = await provide();
    fake.delayNext('Invoke');

    const warming = environment.warm(ref);
    await clock.advance(5000);
    await warming;

    expect(warnings).toHaveLength(1);
  });
});

describe('retiring (rule 8)', () => {
  it.each([
    ['points at it', {}],
    ['gives it a share', { other: 0.01 }],
  ])('refuses while an alias %s', async (_, share) => {
    const { fake, environment, provide } = prepare();
    const green = await provide('r1');
    const other = await provide('r2');
    if ('other' in share) fake.pointByHand('live', other.id, { [green.id]: share.other });
    else fake.pointByHand('live', green.id);

    const attempt = environment.retire(green);

    await expect(attempt).rejects.toEqual(named('EnvironmentInUseError', 'live'));
    expect(fake.versions()).toContain(green.id);
    expect(fake.commands()).not.toContain('DeleteFunction');
  });

  it('refuses also when the alias comes after it has looked', async () => {
    const { fake, environment, provide } = prepare();
    const green = await provide();
    fake.before('DeleteFunction', () => fake.pointByHand('live', green.id));

    const attempt = environment.retire(green);

    await expect(attempt).rejects.toEqual(named('EnvironmentInUseError', 'live'));
    expect(fake.versions()).toContain(green.id);
  });

  it.each([false, true])(
    'removes provisioned concurrency too (that keeps a version from being deleted: %s)',
    async (concurrencyKeepsVersions) => {
      const { fake, environment, provide } = prepare({ provisionedConcurrency: 2 });
      const green = await provide();
      expect(fake.concurrency('1')).toBe(2);
      Object.assign(fake, { concurrencyKeepsVersions });

      expect(await environment.retire(green)).toBe('retired');

      expect(fake.versions()).toEqual([]);
      expect(fake.concurrency('1')).toBeUndefined();
    },
  );

  it.each([false, true])(
    'leaves provisioned concurrency to a version that is in use after all (kept by it: %s)',
    async (concurrencyKeepsVersions) => {
      const { fake, environment, provide } = prepare({ provisionedConcurrency: 2 });
      const green = await provide();
      Object.assign(fake, { concurrencyKeepsVersions });
      fake.before('DeleteFunction', () => {
        fake.pointByHand('live', green.id);
        if (concurrencyKeepsVersions)
          fake.failNext('DeleteFunction', 'ResourceConflictException', 'provisioned concurrency');
      });

      const attempt = environment.retire(green);

      await expect(attempt).rejects.toEqual(named('EnvironmentInUseError', 'live'));
      expect(fake.concurrency('1')).toBe(2);
    },
  );

  it.each(['$LATEST', '', 'live', '0', '1:2'])(
    'never deletes by the qualifier "%s", which could be the function itself',
    async (id) => {
      const { fake, environment, provide } = prepare();
      const ref = await provide();

      const end = await environment.retire({ ...ref, id }).catch((error: Error) => error.name);

      expect(end).toBe(id === '$LATEST' ? 'EnvironmentInUseError' : 'retired');
      expect(fake.commands().filter((name) => name.startsWith('Delete'))).toEqual([]);
    },
  );

  it('says in every deletion which version it is', async () => {
    const { fake, environment, provide } = prepare();
    await environment.retire(await provide());

    const deletions = fake.calls.filter(({ command }) => command === 'DeleteFunction');
    expect(deletions.map(({ input }) => input)).toEqual([
      { FunctionName: 'storefront', Qualifier: '1' },
    ]);
  });

  it('asks to be called again while Lambda is still at work on it', async () => {
    const { fake, environment, provide } = prepare();
    const green = await provide();
    fake.failNext('DeleteFunction', 'ResourceConflictException', 'An update is in progress', 2);

    expect(await environment.retire(green)).toBe('pending');
    expect(await environment.retire(green)).toBe('retired');
  });
});

describe('artifact URIs', () => {
  it.each([
    ['s3://b-1/a.zip', { S3Bucket: 'b-1', S3Key: 'a.zip' }],
    ['s3://b-1/a/b c%20.zip', { S3Bucket: 'b-1', S3Key: 'a/b c%20.zip' }],
    ['s3://b-1/a?versionId=x.Y_z', { S3Bucket: 'b-1', S3Key: 'a', S3ObjectVersion: 'x.Y_z' }],
    [`${image}:v1.2`, { ImageUri: `${image}:v1.2` }],
    [`${image}@sha256:${'0'.repeat(64)}`, { ImageUri: `${image}@sha256:${'0'.repeat(64)}` }],
  ])('%s is read', (given, input) => {
    expect(readCodeSource({ uri: given, version: '1' }).input).toEqual(input);
  });

  it.each(['s3://b', 's3://B/key', 's3:/b/key', image, `${image}@sha256:abc`, 'shop:latest'])(
    '%s is refused',
    (given) => {
      expect(() => readCodeSource({ uri: given, version: '1' })).toThrow('it needs s3://BUCKET');
    },
  );

  it('are refused when they carry another digest than the release', () => {
    const given = `${image}@sha256:${'0'.repeat(64)}`;
    const digest = `sha256:${'1'.repeat(64)}`;

    expect(() => readCodeSource({ uri: given, version: '1', digest })).toThrow('not sha256:1111');
  });
});

describe('marks', () => {
  const mark = { releaseId: 'r1', version: '2.0.0', codeSha256: 'a+/=' };

  it('are read back, and never taken for one another', () => {
    expect(readStageMark(stageMark(mark))).toEqual(mark);
    expect(readStageMark(stageMark(mark, '7'))).toEqual(mark);
    const unknown = { ...mark, codeSha256: null };
    expect(stageMark(unknown)).toContain(' code=?');
    expect(readStageMark(stageMark(unknown))).toEqual(unknown);
    expect(readVersionMark(stageMark(mark))).toBeNull();
    expect(readVersionMark('verdigris release=r1 version=2.0.0 and more')).toBeNull();
    expect(readVersionMark(undefined)).toBeNull();
  });

  it('say so when they do not fit into a description', () => {
    expect(() => stageMark({ ...mark, releaseId: 'r'.repeat(256) })).toThrow('256 characters');
  });
});

describe("the manifest's part", () => {
  const clock = createVirtualClock();
  const deps = { clock, timers: clock, log: silentLogger };

  it('is refused on a platform without AWS, by name', async () => {
    const config = { kind: 'lambda-version', functionName: 'storefront' };

    await expect(createEnvironment(config, 'shop', deps)).rejects.toEqual(
      named('KindUnavailableError', /lambda-version.*shop.*AWS only/),
    );
  });

  it.each([
    { functionName: 'arn:aws:lambda:eu-central-1:123456789012:function:storefront' },
    { functionName: 'storefront:live' },
    { functionName: 'storefront', provisionedConcurrency: -1 },
    { functionName: 'storefront', warm: [{ payload: {}, count: 0 }] },
    { functionName: 'storefront', memory: 512 },
  ])('refuses %j', (part) => {
    const config = { kind: 'lambda-version', ...part };

    expect(lambdaVersionKind.schema.safeParse(config).success).toBe(false);
  });
});
