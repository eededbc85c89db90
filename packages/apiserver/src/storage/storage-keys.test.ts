import { expect, it } from 'vitest';
import { objectPath, parseObjectPath, prefixEnd, resourcePrefix, splitKey } from './storage-keys.js';

const pods = resourcePrefix({ group: '', plural: 'pods' });
const deployments = resourcePrefix({ group: 'apps', plural: 'deployments' });
const known = (prefix: string): boolean => prefix === pods || prefix === deployments;

it.each([
  ['/registry/pods/default/web', { prefix: pods, path: 'default/web' }],
  ['/registry/apps/deployments/default/web', { prefix: deployments, path: 'default/web' }],
  ['/registry/apps/replicasets/default/web', undefined],
  ['/registry/.deletion', undefined],
  ['/registry/podsx/default/web', undefined],
  ['/other/pods/default/web', undefined],
])('%s belongs to its resource', (key, place) => {
  expect(splitKey(key, known)).toEqual(place);
});

it.each([
  { namespace: 'default', name: 'web' },
  { namespace: '', name: 'node-1' },
])('object keys are paths and back: $name', (key) => {
  expect(parseObjectPath(objectPath(key))).toEqual(key);
});

it('a prefix ends before its next neighbour', () => {
  expect(prefixEnd(pods).toString()).toBe('/registry/pods0');
});
