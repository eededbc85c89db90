import { type KubernetesObject, type ObjectKey, type Persisted, pods } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import type { StoredObject } from '../storage/storage.js';
import { selectionOf } from './selection.js';

/** A stored pod that counts how often its object is looked at. */
class CountedPod implements StoredObject {
  looks = 0;
  readonly version = '1';
  readonly trace = undefined;
  readonly encoded = Buffer.alloc(0);
  readonly #object: Persisted;
  #facts: ReturnType<StoredObject['facts']> | undefined;

  constructor(
    readonly key: ObjectKey,
    object: KubernetesObject & Record<string, unknown>,
  ) {
    this.#object = { ...object, metadata: { ...object.metadata, ...key } } as Persisted;
  }

  get object(): Persisted {
    this.looks++;
    return this.#object;
  }

  facts(read: Parameters<StoredObject['facts']>[0]): ReturnType<StoredObject['facts']> {
    this.#facts ??= read(this.object);
    return this.#facts;
  }
}

const pod = () =>
  new CountedPod(
    { namespace: 'shop', name: 'web' },
    { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { nodeName: 'n1' }, status: { phase: 'Running' } },
  );

function selects(labelSelector: string, fieldSelector: string, object = pod()): boolean | undefined {
  return selectionOf(pods, { labelSelector, fieldSelector })?.(object);
}

describe('selectionOf', () => {
  it.each([
    ['', 'spec.nodeName=n1', true],
    ['', 'spec.nodeName=n2', false],
    ['', 'spec.nodeName!=n2,status.phase=Running', true],
    ['', 'spec.nodeName=n1,status.phase!=Running', false],
    ['', 'spec.hostNetwork=false', true],
    ['', 'status.podIP=', true],
    ['', 'metadata.name=web,metadata.namespace=shop', true],
    ['', 'metadata.name!=web', false],
    ['', 'metadata.namespace=other', false],
    ['app=web', '', true],
    ['app in (api)', '', false],
    ['!absent', '', true],
    ['app=web', 'spec.nodeName=n1', true],
    ['app=api', 'spec.nodeName=n1', false],
    ['app=web', 'spec.nodeName=n2', false],
  ])('selects by labels %j and fields %j: %s', (labels, fields, expected) => {
    expect(selects(labels, fields)).toBe(expected);
  });

  it('is nothing without selectors', () => {
    expect(selectionOf(pods, { labelSelector: '', fieldSelector: '' })).toBeUndefined();
  });

  it('selects what has no labels by those that it must not have', () => {
    const bare = () => new CountedPod({ namespace: 'shop', name: 'web' }, {});
    expect([selects('!app', '', bare()), selects('app', '', bare())]).toEqual([true, false]);
  });

  it('looks at an object once, whoever selects by whatever', () => {
    const object = pod();
    for (const fields of ['spec.nodeName=n1', 'status.phase=Running', 'spec.schedulerName=', '']) {
      for (const labels of ['app=web', 'tier', '']) selects(labels, fields, object);
    }
    expect(object.looks).toBe(1);
  });

  it('looks at no object for its name', () => {
    const object = pod();
    selects('', 'metadata.name=web,metadata.namespace=shop', object);
    expect(object.looks).toBe(0);
  });

  it('refuses a field that the kind does not select by', () => {
    expect(() => selects('', 'spec.priority=1')).toThrow('field label not supported: spec.priority');
  });
});
