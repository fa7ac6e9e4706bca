import { afterEach, describe, expect, it } from 'vitest';
import type { Environment, EnvironmentStatus } from '../../lib/environments/environment.ts';
import type { Artifact } from '../../lib/release/artifact.ts';
import type { EnvironmentRef } from '../../lib/release/document.ts';

/** One service's environments, of which there are none yet, and artifacts to try them with. */
export interface EnvironmentSubject {
  environment: Environment | Promise<Environment>;
  /** Becomes ready. */
  artifact: Artifact;
  /** Is not there. */
  missingArtifact: Artifact;
  /** Is there, but never becomes ready, and fails soon; or why there is no such thing. */
  brokenArtifact: Artifact | { skip: string };
  /** The value of a variable that every environment gets, which nobody may see. */
  secret: string;
  /** Its provider may be busy before there is anything to name; others name it at once. */
  mayBeBusy?: boolean;
  stop(): Promise<void>;
}

/** Why an environment that somebody else makes is not tried; see `Environment.isHandedOver`. */
const handedOver = {
  id: 'whoever makes an environment and hands it over gives it its id',
  memory: 'what is handed over is remembered by the ledger, not by the adapter',
  removal: 'what is handed over stays with its maker, who alone knows whether it is there',
};

const limitMs = 25_000;

/** Looks again and again, as the state machine does, until `isMet`. */
async function until<T>(look: () => Promise<T>, isMet: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await look();
    if (isMet(value)) return value;
    if (Date.now() > deadline) throw new Error(`last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const hasSettled = ({ state }: EnvironmentStatus) => state !== 'pending';

/** What every kind of environment keeps, whatever is behind it. */
export function environmentContract(
  name: string,
  makeSubject: () => Promise<EnvironmentSubject>,
): void {
  describe(`environment contract: ${name}`, () => {
    let stop: () => Promise<void> = async () => {};
    afterEach(() => stop());

    async function prepare() {
      const subject = await makeSubject();
      stop = subject.stop;
      return { ...subject, environment: await subject.environment };
    }
    type Prepared = Awaited<ReturnType<typeof prepare>>;

    /** Asks until the environment has a name: once, save where the provider may be busy. */
    async function provide(
      { environment, mayBeBusy = false, ...subject }: Prepared,
      releaseId = 'r1',
      artifact = subject.artifact,
    ): Promise<EnvironmentRef> {
      const look = () => environment.provision(artifact, releaseId);
      const ref = await (mayBeBusy ? until(look, (found) => found !== null) : look());
      if (ref) return ref;
      throw new Error('there is no name yet, although the provider may not be busy');
    }

    async function makeReady(subject: Prepared, releaseId = 'r1') {
      const look = async () => {
        const ref = await provide(subject, releaseId);
        return { ref, status: await subject.environment.status(ref) };
      };
      return until(look, ({ status }) => hasSettled(status));
    }

    const remove = (environment: Environment, ref: EnvironmentRef) =>
      until(
        () => environment.retire(ref),
        (state) => state === 'retired',
      );

    it('makes an environment that gets ready', async () => {
      const subject = await prepare();
      const { ref, status } = await makeReady(subject);
      expect(status.state).toBe('ready');
      expect(ref.version).toBe(subject.artifact.version);
      expect(ref.id).toMatch(/^\S+$/);
    });

    it('gives a ref that survives the release document', async () => {
      const { ref } = await makeReady(await prepare());
      expect(JSON.parse(JSON.stringify(ref))).toEqual(ref);
    });

    it('says when to look again', async () => {
      const subject = await prepare();
      const status = await subject.environment.status(await provide(subject));
      expect(status.retryAfterSeconds).toBeGreaterThan(0);
    });

    it('gives the same release the same environment, in a row and at once', async () => {
      const subject = await prepare();
      const first = await Promise.all([provide(subject), provide(subject)]);
      const again = await provide(subject);
      expect(new Set([...first, again].map(({ id }) => id)).size).toBe(1);
    });

    it('gives another release another environment, also of the same version', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.id);
      const one = await provide(subject, 'r1');
      const two = await provide(subject, 'r2');
      expect(one.id).not.toBe(two.id);
    });

    it('finds what a lost answer had begun', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.memory);
      const { environment } = subject;
      expect(await environment.ofRelease('r1')).toBeNull();
      const { id } = await provide(subject);
      expect((await environment.ofRelease('r1'))?.id).toBe(id);
      expect(await environment.ofRelease('r2')).toBeNull();
    });

    it('finds an environment by the id that the router knows', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.memory);
      const { ref } = await makeReady(subject);
      expect(await subject.environment.lookup(ref.id)).toEqual(ref);
      expect(await subject.environment.lookup('nobody')).toBeNull();
    });

    it('lists what was made for releases, until it is gone', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.memory);
      const { environment } = subject;
      expect(await environment.list()).toEqual([]);
      const one = await makeReady(subject, 'r1');
      const two = await makeReady(subject, 'r2');
      const listed = (await environment.list()).toSorted((a, b) =>
        a.releaseId.localeCompare(b.releaseId),
      );
      expect(listed).toEqual([
        { ref: one.ref, releaseId: 'r1' },
        { ref: two.ref, releaseId: 'r2' },
      ]);
      await remove(environment, one.ref);
      expect(await environment.list()).toEqual([{ ref: two.ref, releaseId: 'r2' }]);
    });

    it('refuses an artifact that is missing, and begins nothing', async () => {
      const subject = await prepare();
      const { environment, missingArtifact } = subject;
      const attempt = provide(subject, 'r1', missingArtifact);
      await expect(attempt).rejects.toMatchObject({ name: 'ArtifactInvalidError' });
      await expect(attempt).rejects.toThrow(missingArtifact.uri);
      expect(await environment.ofRelease('r1')).toBeNull();
    });

    it('says why an environment failed, as often as it is asked', async ({ skip }) => {
      const subject = await prepare();
      const { environment, brokenArtifact } = subject;
      if ('skip' in brokenArtifact) return skip(brokenArtifact.skip);
      const look = async () => environment.status(await provide(subject, 'r1', brokenArtifact));
      const status = await until(look, hasSettled);
      expect(status.state).toBe('failed');
      expect(status.reason).not.toBe('');
      expect((await look()).state).toBe('failed');
    });

    it('removes an environment that failed', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.removal);
      const { environment, brokenArtifact } = subject;
      if ('skip' in brokenArtifact) return skip(brokenArtifact.skip);
      const ref = await provide(subject, 'r1', brokenArtifact);
      await until(() => environment.status(ref), hasSettled);
      expect(await remove(environment, ref)).toBe('retired');
      expect((await environment.status(ref)).state).toBe('gone');
    });

    it('calls what never was there gone, and retired', async ({ skip }) => {
      const { environment } = await prepare();
      if (environment.isHandedOver) return skip(handedOver.removal);
      const ref = { id: 'nobody', kind: name, version: '0', address: null, attributes: {} };
      expect((await environment.status(ref)).state).toBe('gone');
      expect(await environment.retire(ref)).toBe('retired');
    });

    it('describes itself in JSON, without the values of variables', async () => {
      const subject = await prepare();
      const { ref } = await makeReady(subject);
      const facts = await subject.environment.describe(ref);
      expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
      expect(JSON.stringify({ facts, ref })).not.toContain(subject.secret);
    });

    it('warms and scales without harm', async () => {
      const subject = await prepare();
      const { ref } = await makeReady(subject);
      await subject.environment.warm(ref);
      await subject.environment.scale(ref, 2);
      expect((await subject.environment.status(ref)).state).toBe('ready');
    });

    it('gets what it needs to go live, as often as it is asked', async ({ skip }) => {
      const subject = await prepare();
      const { environment } = subject;
      if (!environment.goLive) return skip('every environment is made with all that it needs');
      const blue = await makeReady(subject, 'r1');
      const green = await makeReady(subject, 'r2');
      const look = async () => environment.goLive?.(green.ref, blue.ref) ?? null;
      const status = await until(look, (found) => found?.state !== 'pending');
      expect(status).toMatchObject({ state: 'ready' });
      expect(await look()).toMatchObject({ state: 'ready' });
      await remove(environment, green.ref);
    });

    it('removes an environment for good, and says so again', async ({ skip }) => {
      const subject = await prepare();
      if (subject.environment.isHandedOver) return skip(handedOver.removal);
      const { environment } = subject;
      const { ref } = await makeReady(subject);
      await remove(environment, ref);
      expect((await environment.status(ref)).state).toBe('gone');
      expect(await environment.lookup(ref.id)).toBeNull();
      expect(await environment.ofRelease('r1')).toBeNull();
      expect(await environment.retire(ref)).toBe('retired');
    });

    it('remembers nothing of what was handed over, and takes nothing away', async ({ skip }) => {
      const subject = await prepare();
      const { environment } = subject;
      if (!environment.isHandedOver) return skip('it makes its environments itself');
      const { ref } = await makeReady(subject);
      expect(await environment.lookup(ref.id)).toBeNull();
      expect(await environment.ofRelease('r1')).toBeNull();
      expect(await environment.list()).toEqual([]);
      expect(await environment.retire(ref)).toBe('retired');
      expect((await environment.status(ref)).state).toBe('ready');
    });

    it('leaves others alone when it removes one', async () => {
      const subject = await prepare();
      const { environment } = subject;
      const blue = await makeReady(subject, 'r1');
      const green = await makeReady(subject, 'r2');
      await remove(environment, green.ref);
      expect((await environment.status(blue.ref)).state).toBe('ready');
    });
  });
}
