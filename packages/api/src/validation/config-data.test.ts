import { expect, test } from 'vitest';
import { selectorFromObject } from '../labels/selector.js';
import { validateSecret } from './config-data.js';

// What every object inherits is no type of Secret and no operator.
test.each(['__proto__', 'constructor', 'toString'])('%s is a name like any other', (name) => {
  expect(validateSecret({ metadata: { name: 'a' }, type: name })).toEqual([]);
  const selector = { matchExpressions: [{ key: 'a', operator: name, values: ['b'] }] };
  expect(() => selectorFromObject(selector)).toThrow('is not a valid label selector operator');
});
