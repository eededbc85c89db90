import { describe, expect, it } from 'vitest';
import { applyTypeOf } from './apply-type.js';
import { compareObjects } from './compare-objects.js';

const POD = applyTypeOf('Pod');
const containers = (...list: object[]) => ({ spec: { containers: list } });

describe('compareObjects', () => {
  it('finds nothing where nothing differs, whatever the order of fields', () => {
    const before = { metadata: { labels: { a: '1', b: '2' } }, spec: { nodeName: 'n', containers: [{ name: 'c' }] } };
    const after = { spec: { containers: [{ name: 'c' }], nodeName: 'n' }, metadata: { labels: { b: '2', a: '1' } } };
    expect(compareObjects(POD, before, after)).toBeUndefined();
  });

  it.each<[string, object, object, object | undefined, object | undefined]>([
    [
      'a scalar',
      { spec: { nodeName: 'a' } },
      { spec: { nodeName: 'b' } },
      { 'f:spec': { 'f:nodeName': {} } },
      undefined,
    ],
    [
      'a struct held by value is never new itself',
      {},
      { spec: { nodeName: 'b' } },
      { 'f:spec': { 'f:nodeName': {} } },
      undefined,
    ],
    [
      'a struct behind a pointer is',
      { spec: {} },
      { spec: { securityContext: { runAsUser: 1 } } },
      { 'f:spec': { 'f:securityContext': { '.': {}, 'f:runAsUser': {} } } },
      undefined,
    ],
    [
      'an empty one too',
      { spec: {} },
      { spec: { securityContext: {} } },
      { 'f:spec': { 'f:securityContext': {} } },
      undefined,
    ],
    [
      'a map and its entries',
      {},
      { metadata: { labels: { a: '1' } } },
      { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } },
      undefined,
    ],
    [
      'an entry added, one changed, one removed',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { a: '3', c: '4' } } },
      { 'f:metadata': { 'f:labels': { 'f:a': {}, 'f:c': {} } } },
      { 'f:metadata': { 'f:labels': { 'f:b': {} } } },
    ],
    ['an empty map is as good as none', { metadata: { labels: {} } }, { metadata: {} }, undefined, undefined],
    [
      'an atomic map as a whole',
      { spec: { nodeSelector: { a: '1' } } },
      { spec: { nodeSelector: { a: '1', b: '2' } } },
      { 'f:spec': { 'f:nodeSelector': {} } },
      undefined,
    ],
    [
      'an atomic list as a whole',
      { spec: { tolerations: [{ key: 'a' }] } },
      { spec: { tolerations: [{ key: 'b' }] } },
      { 'f:spec': { 'f:tolerations': {} } },
      undefined,
    ],
    [
      'an element by its key, in another order',
      containers({ name: 'a', image: '1' }, { name: 'b', image: '1' }),
      containers({ name: 'b', image: '2' }, { name: 'a', image: '1' }),
      { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { 'f:image': {} } } } },
      undefined,
    ],
    [
      'an element added and one removed',
      containers({ name: 'a', image: '1' }),
      containers({ name: 'b', image: '2' }),
      { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
      { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
    ],
    [
      'elements with two keys, of which one has a default',
      containers({ name: 'a', ports: [{ containerPort: 53 }] }),
      containers({
        name: 'a',
        ports: [
          { containerPort: 53, protocol: 'TCP', name: 'x' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      }),
      {
        'f:spec': {
          'f:containers': {
            'k:{"name":"a"}': {
              'f:ports': {
                'k:{"containerPort":53,"protocol":"TCP"}': { 'f:name': {}, 'f:protocol': {} },
                'k:{"containerPort":53,"protocol":"UDP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} },
              },
            },
          },
        },
      },
      undefined,
    ],
    [
      'values of a set',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['b', 'c'] } },
      { 'f:metadata': { 'f:finalizers': { 'v:"c"': {} } } },
      { 'f:metadata': { 'f:finalizers': { 'v:"a"': {} } } },
    ],
    [
      'owner references by uid, each as a whole',
      {},
      { metadata: { ownerReferences: [{ uid: 'u', name: 'n', kind: 'K', apiVersion: 'v1' }] } },
      { 'f:metadata': { 'f:ownerReferences': { '.': {}, 'k:{"uid":"u"}': {} } } },
      undefined,
    ],
    [
      'an element that is repeated, as a whole',
      containers({ name: 'a', env: [{ name: 'X', value: '1' }] }),
      containers({
        name: 'a',
        env: [
          { name: 'X', value: '1' },
          { name: 'X', value: '2' },
        ],
      }),
      { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { 'f:env': { 'k:{"name":"X"}': {} } } } } },
      undefined,
    ],
  ])('%s', (_what, before, after, changed, removed) => {
    const comparison = compareObjects(POD, before, after);
    expect({ changed: comparison?.changed, removed: comparison?.removed }).toEqual({ changed, removed });
  });
});
