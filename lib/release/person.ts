/**
 * Whether two names are one person's: the same but for case and space around them. Names that a person
 * has in other places (a mail address here, a chat's id there) are other names.
 */
export function isSamePerson(one: string, other: string): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}
