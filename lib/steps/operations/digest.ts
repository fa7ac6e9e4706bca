/** The first hex digits of a text's sha256. */
export async function digestOf(text: string, length: number): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(hash).toString('hex').slice(0, length);
}
