/** A statement of a policy, in one form however it was written (IAM: reference_policies_elements). */
export interface PolicyStatement {
  effect: 'Allow' | 'Deny';
  actions: Scope;
  resources: Scope;
  /** ARNs, `service:NAME`, or `*`; null in a policy of an identity, which is about its owner. */
  principals: string[] | null;
  conditions: Condition[];
}

/** Texts with `*` and `?`, or all but those. */
export interface Scope {
  isAllBut: boolean;
  patterns: string[];
}

/** `StringEquals aws:SourceAccount 123456789012`, read. */
export interface Condition {
  operator: string;
  key: string;
  values: string[];
}

/** One action on one resource under all of these conditions. */
export interface Grant {
  action: Scope;
  resource: Scope;
  conditions: Condition[];
}

/** The statements of a policy's JSON, which IAM hands out encoded as in a URL. @throws SyntaxError */
export function readPolicy(document: string): PolicyStatement[] {
  const text = document.startsWith('%') ? decodeURIComponent(document) : document;
  const { Statement = [] } = JSON.parse(text) as { Statement?: Raw | Raw[] };
  return [Statement].flat().map(toStatement);
}

type Text = string | string[];
interface Raw {
  Effect?: string;
  Action?: Text;
  NotAction?: Text;
  Resource?: Text;
  NotResource?: Text;
  Principal?: '*' | Record<string, Text>;
  NotPrincipal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

function toStatement(raw: Raw): PolicyStatement {
  return {
    effect: raw.Effect === 'Deny' ? 'Deny' : 'Allow',
    actions: scopeOf(raw.Action, raw.NotAction),
    resources: scopeOf(raw.Resource ?? '*', raw.NotResource),
    principals: principalsOf(raw),
    conditions: conditionsOf(raw),
  };
}

function scopeOf(only: Text | undefined, allBut: Text | undefined): Scope {
  return allBut === undefined
    ? { isAllBut: false, patterns: [only ?? []].flat() }
    : { isAllBut: true, patterns: [allBut].flat() };
}

/** `NotPrincipal` with Allow is everybody but a few (IAM: reference_policies_elements_notprincipal). */
function principalsOf({ Principal, NotPrincipal }: Raw): string[] | null {
  if (NotPrincipal !== undefined) return ['*'];
  if (Principal === undefined) return null;
  if (Principal === '*') return ['*'];
  return Object.entries(Principal).flatMap(([type, values]) =>
    [values].flat().map((value) => (type === 'AWS' ? value : `${type.toLowerCase()}:${value}`)),
  );
}

function conditionsOf({ Condition = {} }: Raw): Condition[] {
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: [values].flat().map(String).sort(),
    })),
  );
}

/** What statements of one effect say, one action and one resource at a time. */
export function grantsOf(
  statements: readonly PolicyStatement[],
  effect: PolicyStatement['effect'],
): Grant[] {
  return statements
    .filter((statement) => statement.effect === effect)
    .flatMap(({ actions, resources, conditions }) =>
      oneByOne(actions).flatMap((action) =>
        oneByOne(resources).map((resource) => ({ action, resource, conditions })),
      ),
    );
}

function oneByOne(scope: Scope): Scope[] {
  if (scope.isAllBut) return [scope];
  return scope.patterns.map((pattern) => ({ isAllBut: false, patterns: [pattern] }));
}

/** A grant in words: `s3:GetObject on arn:… if StringEquals aws:sourceaccount 1`. */
export function grantInWords({ action, resource, conditions }: Grant): string {
  const words = (scope: Scope) =>
    scope.isAllBut ? `all but ${scope.patterns.join(', ')}` : scope.patterns.join(', ');
  const when = conditions.map(conditionInWords).join(' and ');
  return `${words(action)} on ${words(resource)}${when ? ` if ${when}` : ''}`;
}

function conditionInWords({ operator, key, values }: Condition): string {
  return `${operator} ${key} ${values.join(', ')}`;
}

/** What `after` allows and `before` did not, and what `before` denied and `after` no longer does. */
export function broadened(
  before: readonly PolicyStatement[],
  after: readonly PolicyStatement[],
): { allowed: Grant[]; undenied: Grant[] } {
  const had = grantsOf(before, 'Allow');
  const has = grantsOf(after, 'Allow');
  const denied = grantsOf(before, 'Deny');
  const denies = grantsOf(after, 'Deny');
  const isDenied = (grant: Grant) => denies.some((denial) => covers(denial, grant));
  return {
    allowed: has.filter((grant) => !had.some((one) => covers(one, grant)) && !isDenied(grant)),
    undenied: denied.filter(
      (grant) => !isDenied(grant) && has.some((one) => mayOverlap(one, grant)),
    ),
  };
}

/** Whether all that `inner` is about is in `outer`: wider or the same, under no further condition. */
export function covers(outer: Grant, inner: Grant): boolean {
  const isMet = (condition: Condition) =>
    inner.conditions.some((own) => conditionInWords(own) === conditionInWords(condition));
  return (
    scopeCovers(lowered(outer.action), lowered(inner.action)) &&
    scopeCovers(outer.resource, inner.resource) &&
    outer.conditions.every(isMet)
  );
}

/** Actions are the same in upper and lower case (IAM: reference_policies_elements_action). */
function lowered({ isAllBut, patterns }: Scope): Scope {
  return { isAllBut, patterns: patterns.map((pattern) => pattern.toLowerCase()) };
}

function scopeCovers(outer: Scope, inner: Scope): boolean {
  if (!outer.isAllBut && inner.isAllBut) return outer.patterns.includes('*');
  if (!outer.isAllBut) return inner.patterns.every((it) => isIn(it, outer.patterns));
  if (inner.isAllBut) return outer.patterns.every((it) => isIn(it, inner.patterns));
  return !inner.patterns.some((it) => outer.patterns.some((left) => patternsMayMeet(left, it)));
}

function isIn(pattern: string, patterns: readonly string[]): boolean {
  return patterns.some((outer) => patternCovers(outer, pattern));
}

/** Whether every text that fits `inner` fits `outer`: a wildcard of `inner` only fits a wider one. */
export function patternCovers(outer: string, inner: string): boolean {
  const expression = outer
    .replaceAll(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
    .replaceAll('?', '[^*]')
    .replaceAll('*', '.*');
  return new RegExp(`^${expression}$`, 's').test(inner);
}

/** False only where no text can fit both. */
function patternsMayMeet(one: string, other: string): boolean {
  if (patternCovers(one, other) || patternCovers(other, one)) return true;
  const [start = '', otherStart = ''] = [one, other].map((it) => it.split(/[*?]/)[0] ?? '');
  const areBoth = [one, other].every((it) => /[*?]/.test(it));
  return areBoth && (start.startsWith(otherStart) || otherStart.startsWith(start));
}

function mayOverlap(one: Grant, other: Grant): boolean {
  return (
    scopesMayMeet(lowered(one.action), lowered(other.action)) &&
    scopesMayMeet(one.resource, other.resource)
  );
}

function scopesMayMeet(one: Scope, other: Scope): boolean {
  if (one.isAllBut || other.isAllBut) return true;
  return one.patterns.some((it) => other.patterns.some((its) => patternsMayMeet(it, its)));
}

/** Whether the policy of a resource lets this principal do that by itself. `perhaps`: on a condition. */
export function admits(
  statements: readonly PolicyStatement[],
  { principal, action }: { principal: string; action: string },
): 'yes' | 'no' | 'perhaps' {
  const wanted = { isAllBut: false, patterns: [action.toLowerCase()] };
  const about = statements.filter(
    ({ principals, actions }) =>
      principals?.some((it) => it === '*' || it === principal) &&
      scopeCovers(lowered(actions), wanted),
  );
  const isPlain = ({ conditions }: PolicyStatement) => conditions.length === 0;
  if (about.some((it) => it.effect === 'Deny' && isPlain(it))) return 'no';
  const allowing = about.filter(({ effect }) => effect === 'Allow');
  if (allowing.some(isPlain)) return 'yes';
  return allowing.length > 0 ? 'perhaps' : 'no';
}

/** Conditions that let everybody in: those of a function's URL without authentication. */
const openConditions = ['lambda:functionurlauthtype', 'lambda:invokedviafunctionurl'];

/** Whether a statement of a resource's policy lets anybody in the world do something. */
export function isPublic({ effect, principals, conditions }: PolicyStatement): boolean {
  const isForAll = principals?.includes('*') ?? false;
  return effect === 'Allow' && isForAll && conditions.every(isOpen);
}

function isOpen({ key, values }: Condition): boolean {
  return openConditions.includes(key) && !values.includes('AWS_IAM');
}
