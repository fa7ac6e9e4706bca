import { describe, expect, it } from 'vitest';
import { freshSeconds } from '../../../../lib/checks/cache/freshness.ts';
import { filesOf } from '../../../../lib/checks/cache/page-files.ts';

const page = 'http://shop.test:81/en/index.html?x=1';

describe('the files of a page', () => {
  it.each<[string, string[]]>([
    ['<link rel="stylesheet" href="/app.css">', ['/app.css']],
    ['<LINK REL="preload StyleSheet" HREF=app.css>', ['/en/app.css']],
    [
      '<link rel="shortcut icon" href="../icon.svg"><link rel=manifest href=m.json>',
      ['/icon.svg', '/en/m.json'],
    ],
    [
      '<link rel=modulepreload href=/a.js><script src="/a.js?v=1&amp;w=2"></script>',
      ['/a.js', '/a.js?v=1&w=2'],
    ],
    [
      '<img src=" /a.png "><video src=/v.mp4 poster=/p.png><track src=/t.vtt></video>',
      ['/a.png', '/v.mp4', '/p.png', '/t.vtt'],
    ],
    ['<img src="" srcset="/a.png, /b,c.png 2x,/d.png 300w">', ['/a.png', '/b,c.png', '/d.png']],
    ['<picture><source srcset="/a.webp"><img src="/a.png"></picture>', ['/a.webp', '/a.png']],
    ['<link rel=preload as=image imagesrcset="/s.png 1x, /l.png 2x">', ['/s.png', '/l.png']],
    ['<img src="//shop.test:81/a.png#top"><img src="http://shop.test:81/a.png">', ['/a.png']],
    ['<base href="/static/"><base href="/other/"><script src="a.js"></script>', ['/static/a.js']],
    ['<script>document.write(\'<img src="/no.png">\')</script>', []],
    ['<!-- <img src="/no.png"> --><style>@import "/no.css"</style>', []],
    ['<link rel="canonical" href="/x"><link rel="alternate" href="/y"><a href="/z">z</a>', []],
    [
      '<img src="data:image/png;base64,AA=="><script src="blob:x"></script><img src="http://[">',
      [],
    ],
  ])('%s', (html, own) => {
    expect(filesOf(html, page)).toEqual({ own, elsewhere: 0 });
  });

  it('elsewhere are only counted', () => {
    const html = '<script src="https://cdn.test/a.js"></script><img src="//cdn.test/a.png">';
    expect(filesOf(html, page)).toEqual({ own: [], elsewhere: 2 });
  });
});

describe('how long an answer may be kept', () => {
  const date = 'Mon, 02 Mar 2026 10:00:00 GMT';
  it.each<[Record<string, string>, number]>([
    [{}, 0],
    [{ 'cache-control': 'public' }, 0],
    [{ 'cache-control': 'max-age=60' }, 60],
    [{ 'cache-control': 'Public, Max-Age="60" , s-maxage=300' }, 300],
    [{ 'cache-control': 'max-age=60, stale-while-revalidate=30' }, 90],
    [{ 'cache-control': 'max-age=31536000, immutable' }, 31_536_000],
    [{ 'cache-control': 'no-cache, max-age=60' }, 0],
    [{ 'cache-control': 'no-cache="set-cookie", max-age=60' }, 60],
    [{ 'cache-control': 'no-store' }, 0],
    [{ 'cache-control': 'max-age=soon' }, 0],
    [{ date, expires: 'Mon, 02 Mar 2026 11:00:00 GMT' }, 3600],
    [{ date, expires: 'Mon, 02 Mar 2026 09:00:00 GMT' }, 0],
    [{ date, expires: '0' }, 0],
    [{ expires: 'Mon, 02 Mar 2026 11:00:00 GMT' }, 0],
    [{ date, expires: 'Mon, 02 Mar 2026 11:00:00 GMT', 'cache-control': 'max-age=1' }, 1],
  ])('%j is %d s', (headers, seconds) => {
    expect(freshSeconds(new Headers(headers))).toBe(seconds);
  });
});
