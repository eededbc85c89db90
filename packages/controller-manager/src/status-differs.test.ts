import { expect, test } from 'vitest';
import { statusDiffers, withoutZeros } from './status-differs.js';

test.each([
  [undefined, {}, false],
  [undefined, { replicas: 0 }, false],
  [{ replicas: 0 }, {}, false],
  [{ replicas: 1 }, {}, true],
  [{ replicas: 1 }, { replicas: 1, readyReplicas: 0 }, false],
  [{ replicas: 1 }, { replicas: 1, readyReplicas: undefined }, false],
  [{ conditions: [{ type: 'a' }] }, { conditions: [{ type: 'b' }] }, true],
  [{ conditions: [{ type: 'a' }] }, { conditions: [{ type: 'a' }] }, false],
])('%j → %j differs: %s', (present, next, differs) => expect(statusDiffers(present, next)).toBe(differs));

test('zeros are left out of a status, texts and lists are not', () => {
  expect(withoutZeros({ a: 0, b: 1, c: '', d: [], e: undefined })).toEqual({ b: 1, c: '', d: [] });
});
