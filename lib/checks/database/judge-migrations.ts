import type { JsonObject } from '../../release/json.ts';
import { counted } from '../findings.ts';
import type { Change, ChangeKind, Reading } from './changes.ts';
import { brief, cut, type Finding, listed, type Part } from './findings.ts';
import type { MigrationState } from './migrations.ts';
import type { JudgedChange } from './needs.ts';

/** What the database says of green's migrations. */
export function judgeStanding(
  { place, found, standing, notCompared }: MigrationState,
  levelOfPending: 'fail' | 'warn',
): Part {
  const { pending, failed, changed, strangers, notes } = standing;
  const names = pending.map(({ name }) => name);
  const findings: Finding[] = [];
  const add = (level: Finding['level'], list: readonly string[], text: string) => {
    if (list.length > 0) findings.push({ level, text });
  };
  add('fail', failed, `${listed(failed)} began and did not finish; repair it and apply it again`);
  add(
    levelOfPending,
    names,
    `${listed(names)} ${names.length === 1 ? 'is' : 'are'} not applied (${names.length} of ${counted(found.length, 'migration')})`,
  );
  add('warn', changed, `${listed(changed)} changed after being applied`);
  add('warn', strangers, `the database has ${listed(strangers)}, which green does not know`);
  for (const note of notes) findings.push({ level: 'warn', text: note });
  if (notCompared !== null) {
    const text = `only pending migrations were judged, as blue's files cannot be read: ${notCompared}`;
    findings.push({ level: 'warn', text });
  }
  const applied = found.length - pending.length;
  const all = pending.length === 0 ? 'all' : String(applied);
  findings.push({ level: 'note', text: `${all} of ${counted(found.length, 'migration')} applied` });
  const evidence = {
    migrations: {
      ...{ place, found: found.length, applied },
      ...{ pending: cut(names), failed: cut(failed), changed: cut(changed) },
      ...{ unknownToGreen: cut(strangers), notes: cut(notes), notCompared },
    },
  };
  return { findings, evidence };
}

/** What the new migrations take from blue, as far as it needs it. */
export function judgeContraction(
  judged: readonly JudgedChange[],
  { unread, rewrites }: Reading,
  onContracting: 'hold' | 'rollback' | 'fail',
): Part {
  const told = judged.map((one) => tell(one, onContracting));
  const unreadable = new Map(unread.map((one) => [one.migration, one.reason]));
  const findings: Finding[] = [
    ...told,
    ...[...unreadable].map(([name, reason]): Finding => {
      const more = unread.filter(({ migration }) => migration === name).length - 1;
      return { level: 'warn', text: `${name}: ${reason}${more > 0 ? ` and ${more} more` : ''}` };
    }),
    ...rewrites.map(({ migration, text }): Finding => {
      const what = `${migration} ${text}, which writes the table anew`;
      return { level: 'warn', text: what };
    }),
  ];
  const evidence: JsonObject = {
    takenFromBlue: cut(judged.map(asEvidence)) as unknown as JsonObject,
    notJudged: cut(unread.map(({ migration, reason }) => `${migration}: ${reason}`)),
    rewrites: cut(rewrites.map(({ migration, text }) => `${migration} ${text}`)),
  };
  const part = { findings, evidence };
  if (judged.length === 0 || onContracting !== 'hold') return part;
  return { ...part, holdReason: holdReasonOf(judged) };
}

function asEvidence({ change, need, because }: JudgedChange): JsonObject {
  const { migration, text, kind } = change;
  return { migration, kind, text, need, because: brief(because, 300) };
}

function holdReasonOf(judged: readonly JudgedChange[]): string {
  const what = listed(judged.map(({ change }) => `${change.migration} ${change.text}`));
  return `blue may not go with the database any more: ${what}`;
}

function tell({ change, need, because }: JudgedChange, onContracting: string): Finding {
  const what = `${change.migration} ${change.text}`;
  const said = because === '' ? '' : ` (${brief(because)})`;
  if (need === 'needed') return { level: 'fail', text: `${what}${still[change.kind]}${said}` };
  if (onContracting === 'fail')
    return { level: 'fail', text: `${what}, and onContracting allows nothing of the kind` };
  if (need === 'unknown') {
    const hint = 'list what it needs in blueNeeds, an empty list if nothing';
    return { level: 'fail', text: `${what}, and nothing says whether blue needs that: ${hint}` };
  }
  if (need === 'maybe') return { level: 'warn', text: `${what}${perhaps(change)}${said}` };
  return { level: 'note', text: `${what}, which blue does not need` };
}

/** What blue does that a change stands in the way of. */
const still: Record<ChangeKind, string> = {
  'drops-table': ', which blue still needs',
  'renames-table': ', which blue still needs by its old name',
  'empties-table': ', which blue still needs',
  'hides-rows': ', which blue still needs',
  'drops-column': ', which blue still needs',
  'renames-column': ', which blue still needs by its old name',
  'narrows-column': ', which blue still writes',
  'retypes-column': ', which blue still needs as it was',
  'requires-column': ', which blue leaves out',
  'drops-default': ', which blue leaves out',
  'adds-unique': ', which what blue writes may break',
  'adds-check': ', which what blue writes may break',
  'adds-foreign-key': ', which what blue writes may break',
  'adds-exclusion': ', which what blue writes may break',
  'drops-object': ', which blue still needs',
};

function perhaps({ kind }: Change): string {
  const text = still[kind];
  return text.includes('may') ? text : text.replace('which blue', 'which blue perhaps');
}
