import { Command, CommanderError } from 'commander';
import { check, preflight } from './commands/checks.ts';
import { openConsole } from './commands/console.ts';
import { digest } from './commands/digest.ts';
import { doctor } from './commands/doctor.ts';
import { freeze, listFreezes, unfreeze } from './commands/freezes.ts';
import { type JudgeOptions, judge } from './commands/judge.ts';
import { apply, printSchema, validate } from './commands/manifests.ts';
import { reconcile } from './commands/reconcile.ts';
import { decide, hold, release, resume, rollback, watchRelease } from './commands/releases.ts';
import { status } from './commands/status.ts';
import { createToken, listTokens, revokeToken } from './commands/tokens.ts';
import { up } from './commands/up.ts';
import { type CommandError, toCommandError } from './errors.ts';
import { exitCodes } from './exit-code.ts';
import type { Io, LocalPlatform } from './io.ts';
import { printable } from './printable.ts';
import { createSession, type GlobalOptions, type Session } from './session.ts';

/**
 * Runs one command and returns its exit code: 0 done, 1 refused or failed, 2 usage, 3 rolled back,
 * 4 held. Never throws.
 *
 * @param args what follows the program's name
 */
export async function run(
  args: readonly string[],
  io: Io,
  local: LocalPlatform,
  version: string,
): Promise<number> {
  const invocation: Invocation = { io, local, exitCode: exitCodes.done, isJson: false };
  try {
    await createProgram(invocation, version).parseAsync([...args], { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    return report(toCommandError(error), invocation);
  }
}

/** One run of the program. */
interface Invocation {
  io: Io;
  local: LocalPlatform;
  exitCode: number;
  isJson: boolean;
}

function report(error: CommandError, { io, isJson }: Invocation): number {
  const { code, hint, details, isUsage } = error.facts;
  io.stderr.write(`error ${error.name}${code ? ` (${code})` : ''}: ${printable(error.message)}\n`);
  if (hint) io.stderr.write(`  ${printable(hint)}\n`);
  if (isUsage) return exitCodes.usage;
  if (isJson) {
    const { name, message } = error;
    const document = {
      error: { name, ...(code ? { code } : {}), message, ...(details ? { details } : {}) },
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  return exitCodes.failed;
}

function createProgram(invocation: Invocation, version: string): Command {
  const { io } = invocation;
  const program = new Command('verdigris')
    .description(
      'Releases blue/green: a new version beside the live one, one switch, and a way back.',
    )
    .version(version)
    // Positional, because `release --version` is the version of what is released.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('(--help shows what there is)')
    .showSuggestionAfterError();
  addConnectionOptions(program);
  addLocalCommands(program, invocation);
  addReleaseCommands(program, invocation);
  addDecisionCommands(program, invocation);
  addServiceCommands(program, invocation);
  addTokenCommands(program, invocation);
  return program;
}

function addConnectionOptions(command: Command): Command {
  return command
    .option('--url <url>', 'of the conductor (VERDIGRIS_URL, else http://127.0.0.1:7420)')
    .option('--token <token>', 'of the API (VERDIGRIS_TOKEN, else the nearest .verdigris/token)')
    .option('--aws', 'sign with your AWS credentials instead (or VERDIGRIS_AUTH=aws)')
    .option('--json', 'print one JSON document and nothing else');
}

type Handler = (session: Session, args: string[], options: never) => Promise<number>;

/** Adds a command that speaks to the conductor. */
function command(
  program: Command,
  invocation: Invocation,
  syntax: string,
  handler: Handler,
): Command {
  const added = addConnectionOptions(program.command(syntax));
  return added.action(async () => {
    const options: GlobalOptions = added.optsWithGlobals();
    invocation.isJson = options.json ?? false;
    const session = await createSession(options, invocation.io);
    invocation.exitCode = await handler(session, added.args, added.opts() as never);
  });
}

/** What every local command gets from its options. */
interface LocalOptions extends JudgeOptions {
  config: string;
  json?: boolean;
}

/** Adds a command that needs no conductor. */
function localCommand(
  program: Command,
  invocation: Invocation,
  syntax: string,
  handler: (args: string[], options: LocalOptions) => Promise<number>,
): Command {
  const added = program
    .command(syntax)
    .option('--json', 'print one JSON document and nothing else');
  return added.action(async () => {
    const options: LocalOptions = added.optsWithGlobals();
    invocation.isJson = options.json ?? false;
    invocation.exitCode = await handler(added.args, options);
  });
}

function collect(given: string, before: string[] = []): string[] {
  return [...before, given];
}

function addLocalCommands(program: Command, invocation: Invocation): void {
  const { io, local } = invocation;
  localCommand(program, invocation, 'up', (_, options) => up(io, local, options))
    .description('run conductor, proxy and API on this machine')
    .option('--config <file>', 'what to run with', 'verdigris.yml');
  localCommand(program, invocation, 'schema', () => printSchema(io, local)).description(
    "print the manifest's JSON schema",
  );
  localCommand(program, invocation, 'validate <file>', ([file = ''], { json }) =>
    validate(io, local, file, json ?? false),
  ).description('look through a manifest, YAML or JSON, without a conductor');
  localCommand(program, invocation, 'digest <file>', ([file = ''], { json }) =>
    digest(io, file, json ?? false),
  ).description("print an artifact's sha256, for release --digest");
  localCommand(program, invocation, 'judge', (_, options) => judge(io, local, options))
    .description(
      'compare blue and green in files, as a watch window does; exits with 3 on a breach',
    )
    .option('--baseline <file>', 'CSV of blue, a row for each look')
    .option('--candidate <file>', 'CSV of green')
    .option('--pairs <file>', 'or many pairs: a line of JSON each, { baseline, candidate }')
    .option('--metric <column>', 'this column; several times', collect)
    .option('--tolerance <amount>', 'how much worse green may be: 2x, or 20', '1.25x')
    .option('--direction <direction>', 'what is worse: increase, decrease or either', 'increase')
    .option('--min-effect <amount>', 'beyond the tolerance, what matters', '0')
    .option('--counter', 'samples only rise, and what they add is compared')
    .option('--looks <count>', 'of the whole window; as many as green has if absent')
    .option('--svg <file>', 'where to draw the series with the moment of the verdict');
}

function addReleaseCommands(program: Command, invocation: Invocation): void {
  command(program, invocation, 'release <service>', (session, [service = ''], options) =>
    release(session, service, options),
  )
    .description('release an artifact')
    .requiredOption('--artifact <uri>', 'a path or URI')
    .requiredOption('--version <version>', 'as people know it')
    .option('--digest <sha256>', 'sha256:… of the artifact, checked before it is used')
    .option('--environment-id <id>', 'what somebody else made for it, as the router calls it')
    .option('--address <url>', 'of that environment, for checks and the local proxy')
    .option(
      '--attribute <key=value>',
      'of that environment, such as targetGroupArn=…; any number of times',
      collect,
    )
    .option('--watch', 'see it through; the exit code tells how it ended');
  command(program, invocation, 'status [name]', (session, [name]) =>
    status(session, name),
  ).description('show all services, one service, or one release');
  command(program, invocation, 'watch <release>', (session, [id = '']) =>
    watchRelease(session, id),
  ).description('see a release through; the exit code tells how it ended');
}

function addDecisionCommands(program: Command, invocation: Invocation): void {
  for (const decision of ['approve', 'reject'] as const) {
    command(program, invocation, `${decision} <name>`, (session, [name = ''], options) =>
      decide(session, decision, name, options),
    )
      .description(`${decision} a release that waits for people, by its id or its service`)
      .option('--reason <text>', 'kept with the decision');
  }
  command(program, invocation, 'rollback <name>', (session, [name = ''], options) =>
    rollback(session, name, options),
  )
    .description('put traffic back, of a release or of what a service released last')
    .option('--reason <text>', 'kept with the release');
  command(program, invocation, 'hold <release>', (session, [id = ''], options) =>
    hold(session, id, options),
  )
    .description('freeze traffic where it is, until somebody resumes the release')
    .option('--reason <text>', 'kept with the release');
  command(program, invocation, 'resume <release>', (session, [id = ''], options) =>
    resume(session, id, options),
  )
    .description('end a hold')
    .option('--continue', 'keep the new version')
    .option('--rollback', 'put traffic back')
    .option('--reason <text>', 'kept with the release');
}

function addTokenCommands(program: Command, invocation: Invocation): void {
  const token = program.command('token').description("keys of machines to the conductor's API");
  command(token, invocation, 'create <name>', (session, [name = ''], options) =>
    createToken(session, name, options),
  )
    .description('make one; it is printed this once')
    .requiredOption(
      '--role <role>',
      'viewer, releaser, approver or operator; several times',
      collect,
    )
    .option('--service <service>', 'count for this service only; several times', collect)
    .option('--expires <duration>', 'such as 30d, or never; 90d if absent');
  command(token, invocation, 'list', (session) => listTokens(session)).description(
    'show them, without what they are made of',
  );
  command(token, invocation, 'revoke <token>', (session, [name = '']) =>
    revokeToken(session, name),
  ).description('make one count no longer, by its id or its name');
}

function addServiceCommands(program: Command, invocation: Invocation): void {
  command(program, invocation, 'apply <file>', (session, [file = '']) =>
    apply(session, file),
  ).description('create or change a service from its manifest, YAML or JSON');
  command(program, invocation, 'freeze <scope>', (session, [scope = ''], options) =>
    freeze(session, scope, options),
  )
    .description("stop new releases of a service, or of all with '*'")
    .requiredOption('--reason <text>', 'shown to whoever is refused');
  command(program, invocation, 'unfreeze <scope>', (session, [scope = '']) =>
    unfreeze(session, scope),
  ).description('let releases start again');
  command(program, invocation, 'freezes', (session) => listFreezes(session)).description(
    'show what is frozen, by whom and why',
  );
  command(program, invocation, 'reconcile <service>', (session, [service = '']) =>
    reconcile(session, service),
  ).description('show live route, ledger and executions side by side');
  command(program, invocation, 'check <service>', (session, [service = ''], options) =>
    check(session, service, options),
  )
    .description('run its checks now, on the release that runs or on what is live')
    .option('--only <check>', 'this one; several times', collect)
    .option('--evidence', 'print what was compared');
  command(program, invocation, 'preflight <service>', (session, [service = ''], options) =>
    preflight(session, service, options),
  )
    .description('run its checks as far as they can be run before anything is provisioned')
    .option('--artifact <uri>', 'what would be released: a path or URI')
    .option('--version <version>', 'as people know it')
    .option('--digest <sha256>', 'sha256:… of the artifact')
    .option('--only <check>', 'this one; several times', collect)
    .option('--evidence', 'print what was compared');
  command(program, invocation, 'console', (session, _, { open = false }: { open?: boolean }) =>
    openConsole(session, open),
  )
    .description("print the console's address, signed in with the token")
    .option('--open', 'and show it in the browser');
  command(program, invocation, 'doctor', (session, _, options) => doctor(session, options))
    .description('look for what is wrong')
    .option('--fix', 'mend what is safe to mend');
}
