import { expect, test } from 'vitest';
import { rewriteHtml } from './rewrite-html.js';
import { rewriteUrl } from './rewrite-url.js';

const PREFIX = '/api/v1/namespaces/x/pods/y/proxy';
const rewriting = { prefix: PREFIX, host: '127.0.0.1:6443', backend: '10.244.1.2:80' };

test.each([
  ['/', `${PREFIX}/`],
  ['/a/b?c=/d#e', `${PREFIX}/a/b?c=/d#e`],
  ['a/b', 'a/b'],
  ['../a', '../a'],
  ['?a=b', '?a=b'],
  ['', ''],
  [`${PREFIX}/a`, `${PREFIX}/a`],
  ['https://127.0.0.1:6443/a', `https://127.0.0.1:6443${PREFIX}/a`],
  ['https://127.0.0.1:6443', `https://127.0.0.1:6443${PREFIX}/`],
  ['http://10.244.1.2:80/a', `${PREFIX}/a`],
  ['//10.244.1.2:80/a', `${PREFIX}/a`],
  ['https://example.com/a', 'https://example.com/a'],
  ['//example.com/a', '//example.com/a'],
  ['mailto:/a', 'mailto:/a'],
  ['javascript:/a/', 'javascript:/a/'],
])('%j leads to %j', (link, rewritten) => {
  expect(rewriteUrl(link, rewriting)).toBe(rewritten);
});

test.each([
  ['<a href="/x">/x</a>', `<a href="${PREFIX}/x">/x</a>`],
  ["<a class='c' HREF = '/x' >", `<a class='c' HREF = '${PREFIX}/x' >`],
  ['<img src=/x alt="/y">', `<img src=${PREFIX}/x alt="/y">`],
  ['<link rel="stylesheet" href="/x.css"/>', `<link rel="stylesheet" href="${PREFIX}/x.css"/>`],
  ['<form method=post action="/do">', `<form method=post action="${PREFIX}/do">`],
  ['<script>var a = "/x";</script>', '<script>var a = "/x";</script>'],
  ['<div data-href="/x">', '<div data-href="/x">'],
  ['<a href="rel"><a href="https://example.com/">', '<a href="rel"><a href="https://example.com/">'],
  ['<a href="/$&">', `<a href="${PREFIX}/$&">`],
])('in a page: %s', (html, rewritten) => {
  expect(rewriteHtml(html, rewriting)).toBe(rewritten);
});

test('a page that never closes a tag takes no time', () => {
  const startMs = performance.now();
  rewriteHtml(`<a ${'b="c" '.repeat(20_000)}`, rewriting);
  rewriteHtml(`<a${' b'.repeat(50_000)}`, rewriting);
  expect(performance.now() - startMs).toBeLessThan(2_000);
});
