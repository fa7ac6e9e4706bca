/** Reads what a request brings. */
import { Refusal } from './answers.mjs';

const limitBytes = 64 * 1024;

/** The JSON object of a request's body. */
export async function readObject(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > limitBytes) throw new Refusal(413, 'the body is too large');
    chunks.push(chunk);
  }
  return parseObject(Buffer.concat(chunks).toString('utf8'));
}

function parseObject(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'the body is not a JSON object');
  return value;
}

/** A text of 1 to `max` characters. */
export function textOf(value, name, max) {
  if (typeof value === 'string' && value.length >= 1 && value.length <= max) return value;
  throw new Refusal(400, `${name} must be a text of 1 to ${max} characters`);
}

/** A whole number between two others, both included. */
export function wholeNumberOf(value, name, min, max) {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Refusal(400, `${name} must be a whole number from ${min} to ${max}`);
}
