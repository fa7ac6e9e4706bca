/** What a side calls itself: it may say so in its answers. */
export interface SideNames {
  id: string;
  version: string;
  /** Base URL at which it was asked. */
  base: string;
}

/** Whether two texts say the same, but for times, ids and what a side calls itself. */
export function isSameText(blue: string, green: string, sides: BothSides): boolean {
  if (blue === green) return true;
  const [left, right] = [wordsOf(blue, sides.blue), wordsOf(green, sides.green)];
  if (left.length !== right.length) return false;
  return left.every((word, at) => {
    const other = right[at] ?? '';
    return word === other || kindOf(word, sides.blue) === kindOf(other, sides.green);
  });
}

/** The names of both. */
export interface BothSides {
  blue: SideNames;
  green: SideNames;
}

/** How much of the words of two texts is the same: 0 to 1 (the Sørensen–Dice coefficient of both bags). */
export function similarityOf(blue: string, green: string, sides: BothSides): number {
  const left = wordsOf(blue, sides.blue).map((word) => kindOf(word, sides.blue));
  const right = wordsOf(green, sides.green).map((word) => kindOf(word, sides.green));
  if (left.length + right.length === 0) return 1;
  const counts = new Map<string, number>();
  for (const word of left) counts.set(word, (counts.get(word) ?? 0) + 1);
  const common = right.filter((word) => {
    const count = counts.get(word) ?? 0;
    counts.set(word, count - 1);
    return count > 0;
  });
  return (2 * common.length) / (left.length + right.length);
}

/** Whether two numbers are moments: seconds or milliseconds since the epoch, of the years 2014 to 2036. */
export function areMoments(blue: number, green: number): boolean {
  const isIn = (from: number, to: number) => [blue, green].every((it) => it >= from && it < to);
  return isIn(1.4e9, 2.1e9) || isIn(1.4e12, 2.1e12);
}

function wordsOf(text: string, { id, base }: SideNames): string[] {
  const plain = text.replaceAll(base, '{address}').replaceAll(id, '{environment}');
  return plain.split(/[\s"'<>()[\],;=&?#/|]+/).filter((word) => word !== '');
}

const time =
  /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$|^\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?$/;
const uuid = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const token = /^(?=.*\d)(?=.*[a-z])[\w.+-]{16,}$/i;

/** What sort of a word it is, where such words are different each time; else the word. */
function kindOf(word: string, { version }: SideNames): string {
  if (word === version) return '{version}';
  if (time.test(word)) return '{time}';
  if (uuid.test(word)) return '{id}';
  return token.test(word) ? '{token}' : word;
}
