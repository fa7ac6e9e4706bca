/** An element of XML without attributes, which is all that Route 53's API needs. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => entities[name] ?? '');
}

/** Reads a document as an AWS SDK writes it. @throws Error when its tags don't match. */
export function readXml(document: string): XmlElement {
  const top: XmlElement = { name: '', text: '', children: [] };
  const open = [top];
  for (const [, tag = '', text = ''] of document.matchAll(/<([^>]+)>([^<]*)/g)) {
    if (tag.startsWith('?')) continue;
    if (tag.startsWith('/')) {
      if (open.pop()?.name !== tag.slice(1)) throw new Error(`<${tag}> closes what is not open`);
      continue;
    }
    const element = { name: tag.split(/[\s/]/)[0] ?? '', text: decode(text), children: [] };
    open.at(-1)?.children.push(element);
    if (!tag.endsWith('/')) open.push(element);
  }
  const [root] = top.children;
  if (!root || open.length !== 1) throw new Error('the document is cut off');
  return root;
}

/** The children of that name. */
export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((it) => it.name === name) ?? [];
}

/** The text of the element that these names lead to, or null. */
export function textAt(element: XmlElement, ...names: string[]): string | null {
  const [name, ...rest] = names;
  if (name === undefined) return element.text;
  const [child] = childrenOf(element, name);
  return child ? textAt(child, ...rest) : null;
}

/** Content of an element: text, or elements by their names; a list repeats its name, null is left out. */
export type XmlContent =
  | string
  | number
  | boolean
  | null
  | { [name: string]: XmlContent | readonly XmlContent[] };

/** `<name>content</name>` */
export function writeXml(name: string, content: XmlContent | readonly XmlContent[]): string {
  if (content === null) return '';
  if (isList(content)) return content.map((it) => writeXml(name, it)).join('');
  if (typeof content !== 'object') return `<${name}>${encode(String(content))}</${name}>`;
  const inner = Object.entries(content).map(([child, it]) => writeXml(child, it));
  return `<${name}>${inner.join('')}</${name}>`;
}

function isList(content: XmlContent | readonly XmlContent[]): content is readonly XmlContent[] {
  return Array.isArray(content);
}

function encode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
