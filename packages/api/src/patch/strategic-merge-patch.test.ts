import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../deep-freeze.js';
import { isApiError } from '../errors.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

type Json = Record<string, unknown>;

function patchPodSpec(spec: Json, patch: Json): unknown {
  return strategicMergePatch('Pod', deepFreeze({ spec }), deepFreeze({ spec: patch })).spec;
}

const named = (...names: string[]) => names.map((name) => ({ name }));

describe('strategicMergePatch', () => {
  it.each<[string, Json, Json, Json]>([
    [
      'merges maps',
      { nodeSelector: { a: '1', b: '2' } },
      { nodeSelector: { b: null, c: '3' } },
      { nodeSelector: { a: '1', c: '3' } },
    ],
    [
      'merges containers by name, patched ones first',
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '1' },
        ],
      },
      { containers: [{ name: 'b', image: '2' }] },
      {
        containers: [
          { name: 'a', image: '1' },
          { name: 'b', image: '2' },
        ],
      },
    ],
    ['appends what is new', { containers: named('a') }, { containers: named('b') }, { containers: named('b', 'a') }],
    [
      'merges ports by number and env by name',
      { containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'web' }], env: [{ name: 'X', value: '1' }] }] },
      {
        containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }], env: [{ name: 'X', value: '2' }] }],
      },
      {
        containers: [
          { name: 'a', ports: [{ containerPort: 80, name: 'web', protocol: 'TCP' }], env: [{ name: 'X', value: '2' }] },
        ],
      },
    ],
    [
      'replaces atomic lists',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'b' }] },
      { tolerations: [{ key: 'b' }] },
    ],
    [
      'replaces scalars lists in elements',
      { containers: [{ name: 'a', args: ['1'] }] },
      { containers: [{ name: 'a', args: ['2'] }] },
      { containers: [{ name: 'a', args: ['2'] }] },
    ],
    [
      'deletes by key',
      { containers: named('a', 'b') },
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: named('b') },
    ],
    [
      'replaces a list',
      { containers: named('a', 'b') },
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: named('c') },
    ],
    [
      'replaces an object',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'replace', runAsGroup: 2 } },
      { securityContext: { runAsGroup: 2 } },
    ],
    [
      'deletes an object',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'delete' } },
      { securityContext: {} },
    ],
    [
      'merges an object when told so',
      { securityContext: { runAsUser: 1 } },
      { securityContext: { $patch: 'merge', runAsGroup: 2 } },
      { securityContext: { runAsUser: 1, runAsGroup: 2 } },
    ],
    [
      'drops nulls and directives of what is new',
      {},
      { containers: [{ name: 'a', image: null, env: [{ name: 'x', $patch: 'delete' }] }] },
      { containers: [{ name: 'a', env: [] }] },
    ],
    [
      'replaces a value of another type',
      { activeDeadlineSeconds: 3 },
      { activeDeadlineSeconds: { a: 1 } },
      { activeDeadlineSeconds: { a: 1 } },
    ],
    [
      'keeps to $retainKeys in a volume',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    ],
    [
      'orders without changing',
      { containers: named('a', 'b', 'c') },
      { '$setElementOrder/containers': named('c', 'a') },
      { containers: named('b', 'c', 'a') },
    ],
    [
      'orders and merges',
      { containers: [{ name: 'a', image: '1' }, { name: 'b' }] },
      { '$setElementOrder/containers': named('x', 'a'), containers: [{ name: 'x' }, { name: 'a', image: '2' }] },
      { containers: [{ name: 'x' }, { name: 'a', image: '2' }, { name: 'b' }] },
    ],
    [
      'deletes beside an order',
      { containers: named('a', 'b', 'c') },
      { '$setElementOrder/containers': named('b', 'c'), containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: named('b', 'c') },
    ],
    [
      'orders a list that the original lacks',
      {},
      { '$setElementOrder/containers': named('a', 'b'), containers: named('a', 'b') },
      { containers: named('a', 'b') },
    ],
    ['ignores an order of nothing', {}, { '$setElementOrder/containers': named('a') }, {}],
    [
      'finds the first of several with one key',
      {
        topologySpreadConstraints: [
          { topologyKey: 'z', maxSkew: 1 },
          { topologyKey: 'z', maxSkew: 2 },
        ],
      },
      { topologySpreadConstraints: [{ topologyKey: 'z', minDomains: 3 }] },
      {
        topologySpreadConstraints: [
          { topologyKey: 'z', maxSkew: 1, minDomains: 3 },
          { topologyKey: 'z', maxSkew: 2 },
        ],
      },
    ],
  ])('%s', (_what, spec, patch, expected) => {
    expect(patchPodSpec(spec, patch)).toEqual(expected);
  });

  it.each<[string, string[], Json, string[] | undefined]>([
    ['adds', ['a', 'b'], { finalizers: ['b', 'c'] }, ['a', 'b', 'c']],
    ['deletes', ['a', 'b', 'c'], { '$deleteFromPrimitiveList/finalizers': ['a', 'x'] }, ['b', 'c']],
    ['orders', ['a', 'b', 'c'], { '$setElementOrder/finalizers': ['c', 'a'] }, ['b', 'c', 'a']],
    [
      'deletes, adds and orders',
      ['a', 'b'],
      { '$deleteFromPrimitiveList/finalizers': ['b'], '$setElementOrder/finalizers': ['c', 'a'], finalizers: ['c'] },
      ['c', 'a'],
    ],
    ['removes all', ['a'], { finalizers: null }, undefined],
  ])('%s scalars', (_what, finalizers, patch, expected) => {
    const patched = strategicMergePatch('Pod', { metadata: { finalizers } }, { metadata: patch }) as { metadata: Json };
    expect(patched.metadata.finalizers).toEqual(expected);
  });

  it('retains keys of a strategy as kubectl sends them', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(strategicMergePatch('Deployment', { spec: { strategy } }, patch)).toEqual({
      spec: { strategy: { type: 'Recreate' } },
    });
  });

  it('replaces a disruption budget selector whole', () => {
    const original = { spec: { selector: { matchLabels: { a: '1' } } } };
    const patch = { spec: { selector: { matchLabels: { b: '2' } } } };
    expect(strategicMergePatch('PodDisruptionBudget', original, patch)).toEqual(patch);
  });

  it('merges conditions by type', () => {
    const original = {
      status: {
        conditions: [
          { type: 'Ready', status: 'False' },
          { type: 'Other', status: 'True' },
        ],
      },
    };
    const patch = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
    expect(strategicMergePatch('Node', original, patch)).toEqual({
      status: {
        conditions: [
          { type: 'Ready', status: 'True' },
          { type: 'Other', status: 'True' },
        ],
      },
    });
  });

  it('keeps __proto__ as data', () => {
    const patch = JSON.parse('{"data":{"__proto__":"x"},"__proto__":{"data":1}}') as object;
    const patched = strategicMergePatch('ConfigMap', { data: { a: 'b' } }, patch);
    expect(JSON.stringify(patched)).toBe('{"data":{"a":"b","__proto__":"x"},"__proto__":{"data":1}}');
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  });

  it.each<[string, Json, string]>([
    [
      'a merge key is missing',
      { containers: [{ image: 'x' }] },
      'map: {"image":"x"} does not contain declared merge key: name',
    ],
    [
      'the directive is unknown',
      { containers: [{ name: 'a', $patch: 'upsert' }] },
      'unknown patch type: upsert in map: {"name":"a","$patch":"upsert"}',
    ],
    ['$retainKeys is no list', { securityContext: { $retainKeys: 'x' } }, 'invalid patch format of retainKeys'],
    [
      '$retainKeys leaves out a patched field',
      { securityContext: { $retainKeys: ['runAsUser'], runAsGroup: 1 } },
      'invalid patch format of retainKeys',
    ],
    ['an element is no object', { containers: ['a'] }, 'expected an object in a list merged by name'],
    [
      'the order contradicts the list',
      { containers: named('a', 'b'), '$setElementOrder/containers': named('b', 'a') },
      'The order in patch list',
    ],
    [
      'the order is no list',
      { '$setElementOrder/containers': 'a' },
      'expected a list in $setElementOrder/containers, got "a"',
    ],
  ])('refuses when %s', (_what, patch, message) => {
    const spec = { containers: named('a'), securityContext: { runAsUser: 1 } };
    try {
      patchPodSpec(spec, patch);
    } catch (error) {
      expect(isApiError(error, 'BadRequest')).toBe(true);
      expect((error as Error).message).toContain(message);
      return;
    }
    throw new Error('not refused');
  });
});
