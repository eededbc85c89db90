import { describe, expect, test } from 'vitest';
import { sameTemplate, TEMPLATE_HASH_LABEL, templateHash } from './template-hash.js';

const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };

describe('a template’s hash', () => {
  test('is the same whatever the order of fields, and another for anything else', () => {
    const reordered = {
      spec: { containers: [{ image: 'i', name: 'c' }] },
      metadata: { labels: { b: '2', a: '1' } },
    };
    const hash = templateHash(template, 0);
    expect(templateHash(reordered, 0)).toBe(hash);
    const others = [
      templateHash(template, 1),
      templateHash(template, 2),
      templateHash({ ...template, spec: { containers: [{ name: 'c', image: 'j' }] } }, 0),
      templateHash({ ...template, spec: { ...template.spec, hostNetwork: true } }, 0),
      templateHash({ ...template, metadata: { labels: { a: '1' } } }, 0),
    ];
    expect(new Set([hash, ...others]).size).toBe(others.length + 1);
  });

  test('never changes between releases: ReplicaSets are named after it', () => {
    expect(templateHash(template, 0)).toBe(templateHash(structuredClone(template), 0));
    expect(templateHash({}, 0)).toBe('798d887cdb');
  });

  test('is fit for a label and a name, without vowels', () => {
    for (let count = 0; count < 200; count += 1)
      expect(templateHash(template, count)).toMatch(/^[b-df-hj-np-tv-z24-9]{1,10}$/);
  });
});

describe('templates are the same', () => {
  const withHash = (hash: string) => ({
    ...template,
    metadata: { labels: { ...template.metadata.labels, [TEMPLATE_HASH_LABEL]: hash } },
  });
  test.each([
    ['but for the label of the hash', template, withHash('x'), true],
    ['with two hashes', withHash('y'), withHash('x'), true],
    ['in another order', { spec: template.spec, metadata: { labels: { b: '2', a: '1' } } }, template, true],
    ['unless an image differs', template, { ...template, spec: { containers: [{ name: 'c', image: 'j' }] } }, false],
    ['unless a label differs', template, { ...template, metadata: { labels: { a: '1' } } }, false],
    [
      'unless an annotation is there',
      template,
      { ...template, metadata: { ...template.metadata, annotations: { r: '1' } } },
      false,
    ],
    [
      'unless containers are in another order',
      { spec: { containers: [{ name: 'a' }, { name: 'b' }] } },
      { spec: { containers: [{ name: 'b' }, { name: 'a' }] } },
      false,
    ],
    ['where there is none', undefined, {}, true],
  ])('%s', (_, a, b, same) => {
    expect(sameTemplate(a, b)).toBe(same);
    expect(sameTemplate(b, a)).toBe(same);
  });
});
