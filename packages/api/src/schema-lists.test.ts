import { describe, expect, it } from 'vitest';
import { definitions } from './generated/schema.js';
import { definitionOf, findKind, groupVersionKindOf, isKind } from './schema-kinds.js';
import { isAtomicType, listTypeOf, mapTypeOf, patchStrategies, patchStrategyOf } from './schema-lists.js';

const fields = Object.entries(definitions).flatMap(([type, { properties }]) =>
  Object.entries(properties).map(([field, node]) => ({ type, field, node })),
);

/** The fields of a list's elements. */
function elementFields(type: string, field: string): string[] {
  const reference = definitionOf(type).properties[field]?.items?.ref;
  return reference === undefined ? [] : Object.keys(definitionOf(reference).properties);
}

describe('schema lists', () => {
  it('speak of fields that there are', () => {
    const known = new Set(fields.map(({ type, field }) => `${type}.${field}`));
    expect([...patchStrategies.keys()].filter((name) => !known.has(name))).toEqual([]);
  });

  it('merge by fields that the elements have', () => {
    for (const { type, field, node } of fields.filter(({ node: { type: kind } }) => kind === 'array')) {
      const mergeKey = patchStrategyOf(type, field)?.mergeKey;
      const list = listTypeOf(type, field);
      const keys = [...(list.keys ?? []), ...(mergeKey === undefined ? [] : [mergeKey])];
      expect(elementFields(type, field), `${type}.${field}`).toEqual(expect.arrayContaining(keys));
      if (list.type === 'set') expect(node.items?.ref, `${type}.${field}`).toBeUndefined();
      if (list.type === 'map') expect(list.keys, `${type}.${field}`).not.toHaveLength(0);
    }
  });

  it.each([
    ['PodSpec', 'containers', 'map', 'name'],
    ['Container', 'ports', 'map', 'containerPort,protocol'],
    ['EphemeralContainer', 'env', 'map', 'name'],
    ['Container', 'args', 'atomic', undefined],
    ['PodSpec', 'tolerations', 'atomic', undefined],
    ['ServiceSpec', 'ports', 'map', 'port,protocol'],
    ['ObjectMeta', 'finalizers', 'set', undefined],
    ['NodeStatus', 'conditions', 'map', 'type'],
    ['JobStatus', 'conditions', 'atomic', undefined],
    ['EndpointSlice', 'endpoints', 'atomic', undefined],
    ['NodeSpec', 'taints', 'atomic', undefined],
  ])('%s.%s is a list of type %s %s', (type, field, listType, keys) => {
    expect(listTypeOf(type, field).type).toBe(listType);
    expect(listTypeOf(type, field).keys?.join()).toBe(keys);
  });

  it('tell atomic types and maps', () => {
    expect(['LabelSelector', 'ObjectReference', 'PodSpec'].map(isAtomicType)).toEqual([true, true, false]);
    expect(mapTypeOf('ServiceSpec', 'selector')).toBe('atomic');
    expect(mapTypeOf('ObjectMeta', 'labels')).toBeUndefined();
  });
});

describe('schema kinds', () => {
  it.each([
    ['Pod', '', 'v1', 'Pod'],
    ['Deployment', 'apps', 'v1', 'Deployment'],
    ['EndpointSlice', 'discovery.k8s.io', 'v1', 'EndpointSlice'],
    ['V2HorizontalPodAutoscaler', 'autoscaling', 'v2', 'HorizontalPodAutoscaler'],
    ['EventsEvent', 'events.k8s.io', 'v1', 'Event'],
    ['Role', 'rbac.authorization.k8s.io', 'v1', 'Role'],
  ])('%s is %s %s %s', (definition, group, version, kind) => {
    expect(groupVersionKindOf(definitionOf(definition))).toEqual({ group, version, kind });
    expect(findKind(group === '' ? version : `${group}/${version}`, kind)).toBe(definition);
  });

  it.each(['OwnerReference', 'ObjectReference', 'PodSpec', 'ObjectMeta'])('%s is no kind', (definition) => {
    expect(isKind(definitionOf(definition))).toBe(false);
  });

  it('refuse unknown names, inherited ones too', () => {
    expect(() => definitionOf('constructor')).toThrow(TypeError);
    expect(findKind('v1', 'Nonsense')).toBeUndefined();
  });
});
