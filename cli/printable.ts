import { stripVTControlCharacters } from 'node:util';

/**
 * Text from elsewhere (a log line of a broken release, a person's reason) without anything that
 * could steer a terminal. Line breaks stay.
 */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll('\t', ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed here
      .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
  );
}

/** The same on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s*\n\s*/g, ' ');
}

/** Text in lines of at most `width` characters, broken between words where there are any. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(20, width)));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let rest = line.trimEnd();
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}
