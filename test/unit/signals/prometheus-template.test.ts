import { describe, expect, it } from 'vitest';
import { fill, objectionTo } from '../../../lib/signals/prometheus/template.ts';

const facts = {
  environment: 'web-7',
  version: '1.2.0',
  service: 'shop',
  step: '15s',
  seconds: '15',
};

describe('a query template', () => {
  it('names the environment, its version, the service and the length of a point', () => {
    const text =
      'sum(rate(http{env="{environment}",version="{version}",app=\'{service}\'}[{step}])) * {seconds}';

    expect(fill(text, facts)).toBe(
      'sum(rate(http{env="web-7",version="1.2.0",app=\'shop\'}[15s])) * 15',
    );
  });

  it.each([
    ['http{v="{version}"}', '"} or up{a="', 'http{v="\\"} or up{a=\\""}'],
    ["http{v='{version}'}", "'} or up{a='", "http{v='\\'} or up{a=\\''}"],
    ["http{v='{version}'}", '"', `http{v='"'}`],
    ['http{v="{version}"}', "it's", `http{v="it's"}`],
    ['http{v="{version}"}', 'a\\b', 'http{v="a\\\\b"}'],
    ['http{v="{version}"}', 'a\nb', 'http{v="a\\nb"}'],
    ['http{v="{version}"}', '{environment}$&', 'http{v="{environment}$&"}'],
  ])('escapes what stands in %s: %j', (text, version, filled) => {
    expect(fill(text, { ...facts, version })).toBe(filled);
  });

  it.each(['=~', '!~', ' =~ '])('takes no sign of a value for a pattern after %s', (matcher) => {
    expect(fill(`http{pod${matcher}"shop-{version}-.*"}`, facts)).toBe(
      `http{pod${matcher}"shop-1\\\\.2\\\\.0-.*"}`,
    );
  });

  it('leaves the braces of other texts alone, and comments out', () => {
    const text = 'http{route="/users/{id}", v="{version}"} # {service}\'s\n> 1';

    expect(fill(text, facts)).toBe('http{route="/users/{id}", v="1.2.0"} \n> 1');
  });

  it.each([
    ['sum(increase(http[1m]))', /has to tell blue from green/],
    ['http{v="{Version}"}', /\{Version\} is neither/],
    ['http{v="{enviroment}"}', /\{enviroment\} is neither/],
    ['http{v={version}}', /\{version\} outside of quotes/],
    ['http{v=`{version}`}', /\{version\} outside of quotes/],
    ['http{v="1"} # "{version}"', /has to tell blue from green/],
    ['http{s="{service}"}[{step}]', /has to tell blue from green/],
  ])('is refused: %s', (text, why) => {
    expect(objectionTo(text)).toMatch(why);
  });

  it.each([
    'http{v="{version}"}',
    'http{v=\'{environment}\', route="/users/{item}/{session}"}',
    'http{v="\\"{version}", a=\'{\'} * {seconds} # it\'s\n+ 1',
  ])('is taken: %s', (text) => {
    expect(objectionTo(text)).toBeNull();
  });
});
