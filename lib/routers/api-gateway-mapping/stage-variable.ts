import type { EnvironmentRef } from '../../release/document.ts';
import { VerdigrisError } from '../../release/errors.ts';

/** A stage variable that leads to a backend, and whose environment that is. */
export interface Side {
  environmentId: string;
  value: string;
}

/** What values of stage variables may be made of, and their longest (API_CreateStage, limits). */
const valuePattern = /^[A-Za-z0-9\-._~:/?#&=,]{1,512}$/;

/**
 * The variable beside it that says whose value it is. Both are set by one request. It repeats the
 * value, so that it says nothing any more once somebody changes the other one by hand.
 */
export function labelOf(variable: string): string {
  return `verdigris_${variable}`;
}

/** The two variables of a side. */
export function toVariables(variable: string, { environmentId, value }: Side) {
  return { [variable]: value, [labelOf(variable)]: `${environmentId}=${value}` };
}

/** The side that a stage's variables lead to: without a label that fits, the value is its id. */
export function readSide(variable: string, variables: Record<string, string>): Side | null {
  const value = variables[variable];
  if (!value) return null;
  const label = variables[labelOf(variable)] ?? '';
  const isLabelled = label.endsWith(`=${value}`) && label.length > value.length + 1;
  const environmentId = isLabelled ? label.slice(0, -value.length - 1) : value;
  return { environmentId, value };
}

/**
 * The value that leads to an environment: its attribute `stageVariable`, else the host and path of its
 * address, as integration URIs take them (`http://${stageVariables.backend}/`), else its id.
 * @throws RequestInvalidError when a stage variable can't hold that.
 */
export function sideOf({ id, address, attributes }: EnvironmentRef): Side {
  const side = { environmentId: id, value: attributes.stageVariable ?? hostOf(address) ?? id };
  const written = `${side.environmentId}=${side.value}`;
  if (side.value !== '' && valuePattern.test(written)) return side;
  throw new VerdigrisError(
    'RequestInvalidError',
    `a stage variable can't lead to environment ${id} by "${side.value}": it takes A-Z a-z 0-9 - . _ ~ : / ? # & = and a comma, and up to 512 of them, the environment's id and = included`,
  );
}

function hostOf(address: string | null): string | undefined {
  return address?.replace(/^[a-z]+:\/\//, '').replace(/\/$/, '') || undefined;
}
