import { messageOf } from '../../release/errors.ts';
import type { JsonObject } from '../../release/json.ts';
import { parseJson } from '../body-expectation.ts';
import { mostOutput, type Program, type ProgramEnd, runProgram } from './program.ts';
import type { Reply } from './reply.ts';

/** Runs a command: JSON on its standard output is the answer, else its exit code is. */
export async function askCommand(program: Program): Promise<Reply> {
  const [name = ''] = program.words;
  const startedAt = performance.now();
  try {
    const end = await runProgram(program);
    const durationMs = Math.round(performance.now() - startedAt);
    if (program.abort.aborted) return { problem: `${name} was ended: its time was up` };
    return readEnd(name, end, { exitCode: end.exitCode, durationMs });
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing
      ? `there is no such program, or no ${program.directory}`
      : messageOf(error);
    return { problem: `${name} can't be started: ${reason}` };
  }
}

function readEnd(name: string, end: ProgramEnd, evidence: JsonObject): Reply {
  const text = end.output.trim();
  if (end.isCut) return { problem: `${name} writes more than ${mostOutput} characters`, evidence };
  const hasEndedWell = end.exitCode === 0;
  const value = text.startsWith('{') ? parseJson(text) : undefined;
  if (value !== undefined) {
    const isContradiction = !hasEndedWell && (value as { verdict?: unknown }).verdict === 'pass';
    const problem = `${name} said pass, but ${endInWords(end)}`;
    return isContradiction ? { problem, evidence } : { value, evidence };
  }
  if (hasEndedWell && text.startsWith('{'))
    return { problem: `${name} writes no valid JSON`, evidence };
  const last = (hasEndedWell ? undefined : lastError(end.errors)) ?? lastLine(text);
  const summary = last ?? `${name} ${endInWords(end)}`;
  return hasEndedWell
    ? { value: { verdict: 'pass', summary }, evidence }
    : { problem: summary, evidence: { ...evidence, errors: end.errors.slice(-2000) } };
}

function endInWords({ exitCode, signal }: ProgramEnd): string {
  return exitCode === null ? `was ended by ${signal}` : `ended with ${exitCode}`;
}

/** Of what Node.js writes when it crashes, the error itself stands before its stack and a version. */
function lastError(text: string): string | undefined {
  const told = text.split('\n').filter((line) => !/^\s|^}$|^Node\.js v[\d.]+$/.test(line));
  return lastLine(told.join('\n')) ?? lastLine(text);
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
