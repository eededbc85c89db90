import { expect, test } from 'vitest';
import { parseSubject } from './trace.js';

test.each(['deployment/web', 'deployments/web', 'deploy/web', 'Deployment/web'])('%s is a Deployment', (what) => {
  const target = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'ns', name: 'web' };
  expect(parseSubject(what, 'ns')).toEqual({ target });
});

test('a node has no namespace', () => {
  expect(parseSubject('node/node1', 'ns')).toMatchObject({ target: { resource: 'nodes', namespace: '' } });
});

test('32 hex digits are a trace', () => {
  expect(parseSubject('0af7651916cd43dd8448eb211c80319c', 'ns')).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
});

test.each(['web', 'deployment/', 'a/b/c', 'nothing/web'])('%s is refused', (what) => {
  expect(() => parseSubject(what, 'ns')).toThrow(/neither KIND\/NAME|no kind/);
});
