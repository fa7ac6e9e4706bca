import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApprovalAnswer, ReleaseStatus } from '../../lib/http/api.ts';
import { CommandError, usageError } from '../errors.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { followRelease } from '../live.ts';
import type { Session } from '../session.ts';
import { renderHeader } from '../timeline.ts';

/** Options of `verdigris release`. */
export interface ReleaseOptions {
  artifact: string;
  version: string;
  digest?: string;
  /** What somebody else has made for it. */
  environmentId?: string;
  address?: string;
  /** `key=value`, any number of them. */
  attribute?: string[];
  watch?: boolean;
}

/** Starts a release and, with `--watch`, sees it through. */
export async function release(
  session: Session,
  service: string,
  options: ReleaseOptions,
): Promise<number> {
  const { version, digest, watch } = options;
  const environment = handedOverBy(options);
  const uri = await resolveArtifact(options.artifact, session.io.cwd);
  const status = await session.api.startRelease({
    service,
    artifact: { uri, version, ...(digest && { digest }), ...(environment && { environment }) },
  });
  if (watch) return watchRelease(session, status.releaseId);
  session.show(status, [
    renderHeader(status, { color: session.hasColor }),
    `  started; see it with: verdigris watch ${status.releaseId}`,
  ]);
  return exitCodes.done;
}

/** The environment that the options hand over, or undefined where they name none. */
function handedOverBy({ environmentId, address, attribute = [] }: ReleaseOptions) {
  if (environmentId === undefined) {
    if (address === undefined && attribute.length === 0) return undefined;
    throw usageError(
      '--address and --attribute say something of an environment: name it with --environment-id',
    );
  }
  const attributes = Object.fromEntries(attribute.map(readAttribute));
  return {
    id: environmentId,
    ...(address !== undefined && { address }),
    ...(attribute.length > 0 && { attributes }),
  };
}

/** A value may have further `=` in it. */
function readAttribute(given: string): [string, string] {
  const at = given.indexOf('=');
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)];
  throw usageError(`--attribute ${given} needs the form KEY=VALUE`);
}

/**
 * What exists on this machine becomes an absolute path, because the conductor runs in a directory of
 * its own. Everything else, such as `s3://…`, is for the conductor to understand.
 */
export async function resolveArtifact(uri: string, cwd: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]+:/i.test(uri)) return uri;
  const path = resolve(cwd, uri);
  return (await stat(path).catch(() => null)) ? path : uri;
}

/** Shows a release until it ends. The exit code tells its outcome. */
export async function watchRelease(session: Session, releaseId: string): Promise<number> {
  const status = await followRelease(session, releaseId);
  if (session.isJson) session.show(status, []);
  return exitCodeOf(status.outcome);
}

/** Says yes or no to a release that waits for people, or to the one of a service that does. */
export async function decide(
  session: Session,
  decision: 'approve' | 'reject',
  name: string,
  { reason }: { reason?: string },
): Promise<number> {
  const body = withReason(reason);
  const approval = await eitherOf(
    name,
    () => session.api[decision](name, body),
    async () => session.api[decision](await waitingRelease(session, name), body),
  );
  session.show(approval, [describeApproval(approval)]);
  return exitCodes.done;
}

/** A service has one release at a time; whether it waits is for the conductor to say. */
async function waitingRelease({ api }: Session, service: string): Promise<string> {
  const found = (await api.services()).services.find((it) => it.service === service);
  if (!found) throw new CommandError('ServiceUnknownError', `there is no service "${service}"`);
  if (found.releaseId !== null) return found.releaseId;
  const message = `no release of ${service} runs, so none waits for an approval`;
  throw new CommandError('ApprovalClosedError', message, { code: 'VG206' });
}

function describeApproval({ state, decisions, requiredCount, releaseId }: ApprovalAnswer): string {
  if (state === 'rejected') return `✖ ${releaseId} is rejected`;
  const given = decisions.filter(({ decision }) => decision === 'approve').length;
  return `✔ ${releaseId} has ${given} of ${requiredCount} approvals${state === 'approved' ? ' and goes on' : ''}`;
}

/** Puts traffic back, of a release or of whatever a service released last. */
export async function rollback(
  session: Session,
  name: string,
  { reason }: { reason?: string },
): Promise<number> {
  const body = withReason(reason);
  const status = await eitherOf(
    name,
    () => session.api.rollback(name, body),
    () => session.api.rollbackService(name, body),
  );
  showMoved(session, status, '↩ rolling back');
  return exitCodes.done;
}

/** Freezes traffic where it is. */
export async function hold(
  session: Session,
  releaseId: string,
  { reason }: { reason?: string },
): Promise<number> {
  const status = await session.api.hold(releaseId, withReason(reason));
  showMoved(session, status, '⏸ holding');
  return exitCodes.done;
}

/** Ends a hold either way. */
export async function resume(
  session: Session,
  releaseId: string,
  options: { continue?: boolean; rollback?: boolean; reason?: string },
): Promise<number> {
  if (options.continue === options.rollback) {
    throw usageError('say how to go on: exactly one of --continue and --rollback');
  }
  const decision = options.continue ? 'continue' : 'rollback';
  const body = { decision, ...withReason(options.reason) } as const;
  const status = await session.api.resume(releaseId, body);
  showMoved(session, status, decision === 'continue' ? '✔ going on' : '↩ rolling back');
  return exitCodes.done;
}

function showMoved(session: Session, status: ReleaseStatus, what: string): void {
  session.show(status, [
    `${what}: ${renderHeader(status, { color: session.hasColor })}`,
    `  see it with: verdigris watch ${status.releaseId}`,
  ]);
}

function withReason(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/**
 * A name that is a release's id or else a service's.
 * @throws CommandError that says so when it is neither.
 */
export async function eitherOf<T>(
  name: string,
  asRelease: () => Promise<T>,
  asService: () => Promise<T>,
): Promise<T> {
  try {
    return await asRelease();
  } catch (error) {
    if (!isUnknown(error, 'ReleaseUnknownError')) throw error;
  }
  try {
    return await asService();
  } catch (cause) {
    if (!isUnknown(cause, 'ServiceUnknownError')) throw cause;
    const message = `there is neither a release nor a service named "${name}"`;
    throw new CommandError('ServiceUnknownError', message, { code: 'VG120', cause });
  }
}

function isUnknown(error: unknown, name: string): boolean {
  return error instanceof CommandError && error.name === name;
}
