import type { Side, Sides } from '../model/sides.ts';

/** The split in one sentence. */
export function splitInWords({ blue, green, elsewhere, isKnown }: Sides): string {
  if (!isKnown) return 'Where traffic goes is not known now.';
  const say = ({ color, version, percent }: Side) => `${color} (${version}) ${percent} %`;
  const parts = [blue, green].flatMap((side) => (side ? [say(side)] : []));
  if (elsewhere > 0) parts.push(`elsewhere ${elsewhere} %`);
  return `Traffic: ${parts.join(', ')}`;
}
