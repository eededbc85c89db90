import { describe, expect, it } from 'vitest';
import type { Pod } from '../generated/types.js';
import { escapeValue, parseFieldSelector } from './selector.js';

const resource = {
  namespaced: true,
  selectableFields: { 'spec.nodeName': (pod: Pod) => pod.spec?.nodeName ?? '' },
};
const pod: Pod = { metadata: { name: 'a', namespace: 'x' }, spec: { containers: [], nodeName: 'n,1=\\' } };

describe('parseFieldSelector', () => {
  it.each([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a', true],
    ['metadata.name!=a', false],
    ['metadata.namespace=x,metadata.name=b', false],
    [`spec.nodeName=${escapeValue('n,1=\\')},metadata.name=a`, true],
    ['spec.nodeName=', false],
    [',metadata.name=a,', true],
  ])('%j', (text, matches) => {
    expect(parseFieldSelector(text, resource).matches(pod)).toBe(matches);
  });

  it('prints and tells what it requires', () => {
    const selector = parseFieldSelector('spec.nodeName==a\\,b,metadata.name!=c', resource);
    expect(selector.toString()).toBe('spec.nodeName=a\\,b,metadata.name!=c');
    expect(selector.requires('spec.nodeName')).toBe('a,b');
    expect(selector.requires('metadata.name')).toBeUndefined();
  });

  it.each([
    ['spec.foo=a', 'field label not supported: spec.foo'],
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=a=b', 'invalid field selector: unescaped character in value: ='],
    ['metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
  ])('refuses %j', (text, message) => {
    expect(() => parseFieldSelector(text, resource)).toThrow(message);
  });

  it('names what a kind without selectable fields takes', () => {
    expect(() => parseFieldSelector('spec.foo=a', { namespaced: true, selectableFields: {} })).toThrow(
      '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });
});
