/** A call such as `add_column :products, :name, :string, null: false`. */
export interface RubyCall {
  /** `t` of `t.remove`; null where there is none. */
  receiver: string | null;
  name: string;
  /** Symbols and texts as they are, lists as lists; others as they were written. */
  args: RubyValue[];
  options: Record<string, RubyValue>;
  /** It begins a block with `do`. */
  hasBlock: boolean;
}

export type RubyValue = string | number | boolean | null | RubyValue[];

const callPattern = /^(?:(?<receiver>[a-z]\w*)\.)?(?<name>[a-z]\w*[!?]?)(?<rest>$|\s*\(.*|\s+.*)$/;

/** Reads a line as one call with plain arguments; null where it is anything else. */
export function readCall(line: string): RubyCall | null {
  const { receiver = null, name, rest = '' } = callPattern.exec(line)?.groups ?? {};
  if (name === undefined) return null;
  const blockPattern = /\s*\bdo(?:\s*\|[^|]*\|)?$/;
  const hasBlock = blockPattern.test(rest);
  const written = rest.replace(blockPattern, '').trim();
  const inner = written.startsWith('(') && written.endsWith(')') ? written.slice(1, -1) : written;
  const read = readArguments(inner);
  return read && { receiver, name, hasBlock, ...read };
}

function readArguments(text: string): Pick<RubyCall, 'args' | 'options'> | null {
  const tokens = tokensOf(text);
  if (!tokens) return null;
  const reader = { tokens, at: 0 };
  const args: RubyValue[] = [];
  const options: Record<string, RubyValue> = {};
  while (reader.at < tokens.length) {
    const label = labelOf(tokens[reader.at]);
    if (label !== null) reader.at += 1;
    const value = readValue(reader);
    if (value === undefined) return null;
    if (label === null) args.push(value);
    else options[label] = value;
    if (reader.at < tokens.length && tokens[reader.at++] !== ',') return null;
  }
  return { args, options };
}

interface TokenReader {
  tokens: string[];
  at: number;
}

const tokenPattern =
  /\s*(?:(?<label>[a-z_]\w*:)(?=\s)|(?<token>:"[^"]*"|:\w+[?!]?|"(?:[^"\\#]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\d[\d_]*(?:\.\d+)?|\b(?:true|false|nil)\b|[[\],]))/y;

/** The tokens of plain arguments; null where there is anything else. */
function tokensOf(text: string): string[] | null {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (text.slice(tokenPattern.lastIndex).trim() !== '') {
    const { label, token } = tokenPattern.exec(text)?.groups ?? {};
    const found = label ?? token;
    if (found === undefined) return null;
    tokens.push(found);
  }
  return tokens;
}

function labelOf(token: string | undefined): string | null {
  return token && /^[a-z_]\w*:$/.test(token) ? token.slice(0, -1) : null;
}

/** Undefined where there is no value. */
function readValue(reader: TokenReader): RubyValue | undefined {
  const token = reader.tokens[reader.at++];
  if (token === undefined || token === ',' || token === ']') return undefined;
  if (token === '[') return readList(reader);
  return plainValue(token);
}

function readList(reader: TokenReader): RubyValue[] | undefined {
  const list: RubyValue[] = [];
  while (reader.tokens[reader.at] !== ']') {
    const value = readValue(reader);
    if (value === undefined) return undefined;
    list.push(value);
    if (reader.tokens[reader.at] === ',') reader.at += 1;
  }
  reader.at += 1;
  return list;
}

const words: Record<string, RubyValue> = { true: true, false: false, nil: null };

function plainValue(token: string): RubyValue {
  if (token in words) return words[token] ?? null;
  if (/^-?\d/.test(token)) return Number(token.replaceAll('_', ''));
  const text = token.startsWith(':') ? token.slice(1) : token;
  return /^["']/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
