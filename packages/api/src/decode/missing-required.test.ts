import { describe, expect, it } from 'vitest';
import { findMissingRequired, withMissingRequired } from './missing-required.js';

const container = { name: 'a', image: 'b' };
const selector = { matchLabels: { a: 'b' } };

describe('findMissingRequired', () => {
  it.each<[string, object, string[]]>([
    ['Deployment', { spec: { selector, template: { spec: { containers: [container] } } } }, []],
    ['Deployment', { spec: { template: {} } }, ['spec.selector']],
    ['Deployment', { spec: { selector } }, []],
    ['Deployment', { spec: { selector: {}, template: { spec: {} } } }, ['spec.template.spec.containers']],
    ['Pod', { spec: { containers: [] } }, ['spec.containers']],
    ['Pod', { spec: { containers: [{}, { name: '' }] } }, ['spec.containers[0].name', 'spec.containers[1].name']],
    ['Pod', { spec: { containers: [{ name: 'a', ports: [{}] }] } }, []],
    ['Pod', { status: { conditions: [{}] }, spec: { containers: [container] } }, []],
    [
      'Pod',
      { metadata: { ownerReferences: [{ kind: 'A', name: 'b', uid: 'c' }] } },
      ['metadata.ownerReferences[0].apiVersion'],
    ],
    [
      'Pod',
      { spec: { containers: [container], volumes: [{ name: 'v', hostPath: {} }] } },
      ['spec.volumes[0].hostPath.path'],
    ],
    ['EndpointSlice', { addressType: 'IPv4' }, []],
    ['EndpointSlice', { endpoints: [] }, ['addressType']],
    ['RoleBinding', {}, ['roleRef.kind', 'roleRef.name']],
    ['PriorityClass', {}, []],
    ['Event', { metadata: {} }, []],
    ['ConfigMap', { data: { name: '' } }, []],
  ])('%s %j', (definition, object, fields) => {
    expect(findMissingRequired(definition, object)).toEqual(
      fields.map((field) => ({ field, type: 'FieldValueRequired', message: 'Required value' })),
    );
  });
});

it('tells of each of very many', () => {
  const env = Array.from({ length: 100_000 }, () => ({}));
  const missing = findMissingRequired('Pod', { spec: { containers: [{ name: 'a', image: 'i', env }] } });
  expect(missing).toHaveLength(100_000);
  expect(missing.at(-1)?.field).toBe('spec.containers[0].env[99999].name');
});

describe('withMissingRequired', () => {
  it('adds only what the kind itself does not report', () => {
    const own = [
      { field: 'spec.containers[0].name', type: 'FieldValueInvalid', message: 'Invalid value: ""' },
    ] as const;
    const object = { spec: { containers: [{}], volumes: [{}] } };
    expect(withMissingRequired('Pod', object, own).map(({ field }) => field)).toEqual([
      'spec.containers[0].name',
      'spec.volumes[0].name',
    ]);
  });
});
