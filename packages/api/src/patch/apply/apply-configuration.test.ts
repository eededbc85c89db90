import { beforeEach, describe, expect, it } from 'vitest';
import { decodePatched } from '../../decode/decode-patched.js';
import { deepFreeze } from '../../deep-freeze.js';
import { ApiError } from '../../errors.js';
import type { ManagedFieldsEntry } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import { type Application, applyConfiguration } from './apply-configuration.js';
import { readConfiguration } from './read-configuration.js';
import { trackUpdate } from './track-update.js';

const VERSIONS: Record<string, string> = { Deployment: 'apps/v1', Service: 'v1', ConfigMap: 'v1', Pod: 'v1' };

/** An object and those who write it, one after the other, a second apart. */
class Stage {
  live: KubernetesObject | undefined;
  #seconds = 0;

  constructor(readonly kind: string) {}

  #write(manager: string): Application {
    this.#seconds += 1;
    return {
      definition: this.kind,
      manager,
      apiVersion: VERSIONS[this.kind] ?? 'v1',
      subresource: '',
      tracked: {},
      time: `2026-01-01T00:00:${String(this.#seconds).padStart(2, '0')}Z`,
      force: false,
    };
  }

  apply(manager: string, fields: object, options: Partial<Application> = {}): void {
    const [group = '', version = ''] =
      (VERSIONS[this.kind] ?? '').split('/').length > 1 ? (VERSIONS[this.kind] ?? '').split('/') : ['', 'v1'];
    const body = JSON.stringify({ apiVersion: VERSIONS[this.kind], kind: this.kind, ...fields });
    const kind = { definition: this.kind, group, version, kind: this.kind };
    const { config } = readConfiguration(kind, Buffer.from(body), { fieldValidation: 'Strict' });
    const application = { ...this.#write(manager), ...options };
    const { object, managedFields } = applyConfiguration(
      application,
      this.live,
      deepFreeze(config) as KubernetesObject,
    );
    this.#store(object, managedFields);
  }

  update(manager: string, change: (object: KubernetesObject & Record<string, never>) => void): void {
    const next = structuredClone(this.live ?? { apiVersion: VERSIONS[this.kind], kind: this.kind });
    change(next as never);
    this.#store(next, trackUpdate(this.#write(manager), this.live, next));
  }

  #store(object: KubernetesObject, managedFields: ManagedFieldsEntry[] | undefined): void {
    const decoded = decodePatched(this.kind, structuredClone(object), {
      fieldValidation: 'Ignore',
      patchText: '',
    }).object;
    const { managedFields: _before, ...metadata } = decoded.metadata ?? {};
    const stored = { ...decoded, metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) } };
    this.live = deepFreeze(stored) as KubernetesObject;
  }

  /** `manager` or `manager (updates)` → its fields. */
  get owners(): Record<string, unknown> {
    return Object.fromEntries(
      (this.live?.metadata?.managedFields ?? []).map(({ manager, operation, fieldsV1 }) => [
        operation === 'Update' ? `${manager} (updates)` : manager,
        fieldsV1,
      ]),
    );
  }

  get fields(): Record<string, unknown> {
    const { apiVersion, kind, metadata, ...fields } = (this.live ?? {}) as KubernetesObject & Record<string, unknown>;
    const { managedFields, ...rest } = metadata ?? {};
    return Object.keys(rest).length === 0 ? fields : { metadata: rest, ...fields };
  }
}

function conflictOf(work: () => void): { message: string; fields: (string | undefined)[] } {
  try {
    work();
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'Conflict') throw error;
    return { message: error.message, fields: (error.details?.causes ?? []).map(({ field }) => field) };
  }
  throw new Error('there was no conflict');
}

describe('a map', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage('ConfigMap');
    stage.apply('a', { data: { x: '1', y: '1' } });
  });

  it('is owned key by key', () => {
    stage.apply('b', { data: { z: '2' } });
    expect(stage.fields).toEqual({ data: { x: '1', y: '1', z: '2' } });
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:x': {}, 'f:y': {} } }, b: { 'f:data': { 'f:z': {} } } });
  });

  it('loses a key that its applier leaves out', () => {
    stage.apply('a', { data: { x: '1' } });
    expect(stage.fields).toEqual({ data: { x: '1' } });
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:x': {} } } });
  });

  it('goes with its last key', () => {
    stage.apply('a', {});
    expect(stage.fields).toEqual({});
    expect(stage.owners).toEqual({});
  });

  it('keeps a key that another applier owns too, until he leaves it out', () => {
    stage.apply('b', { data: { y: '1' } });
    stage.apply('a', { data: { x: '1' } });
    expect(stage.fields).toEqual({ data: { x: '1', y: '1' } });
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:x': {} } }, b: { 'f:data': { 'f:y': {} } } });
    stage.apply('b', {});
    expect(stage.fields).toEqual({ data: { x: '1' } });
  });

  it('keeps a key that nobody owns, or an updater does', () => {
    stage.update('u', (object) => Object.assign(object, { data: { x: '1', y: '1', z: '3' } }));
    stage.apply('a', {});
    expect(stage.fields).toEqual({ data: { z: '3' } });
  });

  it('applied a second time changes nothing, times included', () => {
    const before = stage.live;
    stage.apply('a', { data: { y: '1', x: '1' } });
    expect(stage.live).toEqual(before);
  });

  it('conflicts where the value differs, not where it is the same', () => {
    stage.apply('b', { data: { x: '1' } });
    const conflict = conflictOf(() => stage.apply('b', { data: { x: '2' } }));
    expect(conflict).toEqual({
      message: 'Apply failed with 1 conflict: conflict with "a": .data.x',
      fields: ['.data.x'],
    });
  });

  it('is taken by force', () => {
    stage.apply('b', { data: { x: '2' } }, { force: true });
    expect(stage.fields).toEqual({ data: { x: '2', y: '1' } });
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:y': {} } }, b: { 'f:data': { 'f:x': {} } } });
  });

  it('is taken by updates without asking', () => {
    stage.update('u', (object) => Object.assign(object, { data: { x: '2', y: '1' } }));
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:y': {} } }, 'u (updates)': { 'f:data': { 'f:x': {} } } });
    expect(conflictOf(() => stage.apply('a', { data: { x: '1', y: '1' } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "u" using v1: .data.x',
    );
  });

  it('an update that removes a key takes it from everybody', () => {
    stage.update('u', (object) => Object.assign(object, { data: { y: '1' } }));
    expect(stage.owners).toEqual({ a: { 'f:data': { 'f:y': {} } } });
  });

  it('a null is stated, and says that there is nothing', () => {
    stage.apply('a', { data: null });
    expect(stage.fields).toEqual({});
    expect(stage.owners).toEqual({ a: { 'f:data': {} } });
  });
});

it('several conflicts are listed by manager', () => {
  const stage = new Stage('ConfigMap');
  stage.apply('b', { data: { x: '1' } });
  stage.apply('a', { data: { y: '1', z: '1' } });
  const { message, fields } = conflictOf(() => stage.apply('c', { data: { x: '2', y: '2', z: '2' } }));
  expect(message).toBe(
    'Apply failed with 3 conflicts: conflicts with "a":\n- .data.y\n- .data.z\nconflicts with "b":\n- .data.x',
  );
  expect(fields).toEqual(['.data.y', '.data.z', '.data.x']);
});

describe('lists', () => {
  const pod = (...containers: object[]) => ({ metadata: { name: 'p' }, spec: { containers } });

  it('are merged by key, in the order of who applies last', () => {
    const stage = new Stage('Pod');
    stage.apply('a', pod({ name: 'one', image: '1' }, { name: 'two', image: '1' }));
    stage.apply('b', pod({ name: 'three', image: '1' }, { name: 'one', tty: true }));
    expect(stage.fields).toEqual(
      pod({ name: 'three', image: '1' }, { name: 'one', image: '1', tty: true }, { name: 'two', image: '1' }),
    );
    expect(stage.owners.b).toEqual({
      'f:spec': {
        'f:containers': {
          'k:{"name":"one"}': { '.': {}, 'f:name': {}, 'f:tty': {} },
          'k:{"name":"three"}': { '.': {}, 'f:image': {}, 'f:name': {} },
        },
      },
    });
  });

  it.each([
    [
      ['a', 'b', 'c'],
      ['c', 'a'],
      ['b', 'c', 'a'],
    ],
    [
      ['a', 'b', 'c'],
      ['x', 'b'],
      ['a', 'x', 'b', 'c'],
    ],
    [
      ['a', 'b', 'c'],
      ['b', 'x'],
      ['a', 'b', 'c', 'x'],
    ],
    [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'a'],
    ],
    [[], ['b', 'a'], ['b', 'a']],
    [
      ['a', 'b', 'c', 'd'],
      ['d', 'b'],
      ['a', 'c', 'd', 'b'],
    ],
  ])('%j with %j applied is %j', (live, applied, expected) => {
    const named = (names: readonly string[]) => pod(...names.map((name) => ({ name, image: 'i' })));
    const stage = new Stage('Pod');
    stage.update('u', (object) => Object.assign(object, named(live)));
    stage.apply('a', named(applied), { force: true });
    const { containers } = (stage.fields as { spec: { containers: { name: string }[] } }).spec;
    expect(containers.map(({ name }) => name)).toEqual(expected);
  });

  it('lose an element that nobody applies any more, and keep it for the fields of others', () => {
    const stage = new Stage('Pod');
    stage.apply('a', pod({ name: 'one', image: '1' }, { name: 'two', image: '1' }));
    stage.apply('b', pod({ name: 'two', tty: true }));
    stage.apply('a', pod({ name: 'one', image: '1' }));
    expect(stage.fields).toEqual(pod({ name: 'one', image: '1' }, { name: 'two', tty: true }));
    stage.apply('b', { metadata: { name: 'p' } });
    expect(stage.fields).toEqual(pod({ name: 'one', image: '1' }));
  });

  it('an element that an updater added to stays with what is his', () => {
    const stage = new Stage('Pod');
    stage.apply('a', pod({ name: 'one', image: '1' }, { name: 'two', image: '1' }));
    stage.update('u', (object) => {
      const [, two] = (object as unknown as { spec: { containers: Record<string, unknown>[] } }).spec.containers;
      Object.assign(two ?? {}, { tty: true });
    });
    stage.apply('a', pod({ name: 'one', image: '1' }));
    // The element itself was the applier's alone: it goes, with all that is in it.
    expect(stage.fields).toEqual(pod({ name: 'one', image: '1' }));
  });

  it('of several keys, with the default of one', () => {
    const service = (...ports: object[]) => ({ spec: { ports } });
    const stage = new Stage('Service');
    stage.apply('a', service({ port: 53, name: 'tcp' }));
    stage.apply('b', service({ port: 53, protocol: 'UDP', name: 'udp' }));
    stage.apply('b', service({ port: 53, protocol: 'UDP', name: 'udp' }, { port: 53, protocol: 'TCP' }));
    expect(stage.fields).toEqual(
      service({ port: 53, protocol: 'UDP', name: 'udp' }, { port: 53, name: 'tcp', protocol: 'TCP' }),
    );
    expect(stage.owners.a).toEqual({
      'f:spec': { 'f:ports': { 'k:{"port":53,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } } },
    });
  });

  it('of scalars are sets', () => {
    const stage = new Stage('ConfigMap');
    const finalizers = (...list: string[]) => ({ metadata: { finalizers: list } });
    stage.apply('a', finalizers('x/a', 'x/b'));
    stage.apply('b', finalizers('x/c'));
    stage.apply('a', finalizers('x/b'));
    expect(stage.fields).toEqual(finalizers('x/b', 'x/c'));
    expect(stage.owners.a).toEqual({ 'f:metadata': { 'f:finalizers': { 'v:"x/b"': {} } } });
  });

  it('that are atomic have one owner', () => {
    const stage = new Stage('Pod');
    const tolerating = (key: string) => ({ spec: { tolerations: [{ key, operator: 'Exists' }] } });
    stage.apply('a', tolerating('x'));
    expect(conflictOf(() => stage.apply('b', tolerating('y'))).fields).toEqual(['.spec.tolerations']);
    stage.apply('b', tolerating('y'), { force: true });
    expect(stage.fields).toEqual(tolerating('y'));
    expect(stage.owners).toEqual({ b: { 'f:spec': { 'f:tolerations': {} } } });
  });

  it('name the element in a conflict', () => {
    const stage = new Stage('Pod');
    stage.apply('a', pod({ name: 'c', ports: [{ containerPort: 80, name: 'x' }] }));
    const conflict = conflictOf(() => stage.apply('b', pod({ name: 'c', ports: [{ containerPort: 80, name: 'y' }] })));
    expect(conflict.fields).toEqual(['.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].name']);
  });
});

describe('structs', () => {
  it('that are atomic are owned as a whole', () => {
    const stage = new Stage('Deployment');
    const selecting = (matchLabels: object) => ({ spec: { selector: { matchLabels } } });
    stage.apply('a', selecting({ a: '1' }));
    expect(stage.owners.a).toEqual({ 'f:spec': { 'f:selector': {} } });
    expect(conflictOf(() => stage.apply('b', selecting({ b: '1' }))).fields).toEqual(['.spec.selector']);
  });

  it('of quantities: another way to write the same amount is no conflict', () => {
    const limited = (cpu: string | number) => ({
      spec: { containers: [{ name: 'c', resources: { limits: { cpu } } }] },
    });
    const stage = new Stage('Pod');
    stage.apply('a', limited('100m'));
    stage.apply('b', limited('0.1'));
    stage.apply('c', limited(0.1));
    expect(stage.fields).toEqual(limited('100m'));
    expect(conflictOf(() => stage.apply('c', limited('0.2'))).fields).toEqual([
      '.spec.containers[name="c"].resources.limits.cpu',
      '.spec.containers[name="c"].resources.limits.cpu',
    ]);
  });

  it('metadata stays, though all that was applied of it goes', () => {
    const stage = new Stage('ConfigMap');
    stage.apply('a', { metadata: { name: 'c', labels: { a: '1' } }, data: { x: '1' } });
    stage.apply('a', { data: { x: '1' } });
    expect(stage.fields).toEqual({ metadata: { name: 'c' }, data: { x: '1' } });
  });
});

describe('times', () => {
  const timesOf = (stage: Stage) =>
    Object.fromEntries(
      (stage.live?.metadata?.managedFields ?? []).map(({ manager, time }) => [manager, time?.slice(17, 19)]),
    );

  it('are of the last write that changed something', () => {
    const stage = new Stage('ConfigMap');
    stage.apply('a', { data: { x: '1' } });
    stage.apply('a', { data: { x: '1' } });
    expect(timesOf(stage)).toEqual({ a: '01' });
    stage.apply('a', { data: { x: '2' } });
    expect(timesOf(stage)).toEqual({ a: '03' });
    stage.update('u', (object) => Object.assign(object, { data: { x: '3', y: '1' } }));
    stage.update('u', (object) => Object.assign(object, { data: { x: '3', y: '1' } }));
    expect(timesOf(stage)).toEqual({ u: '04' });
  });

  it('who only agrees has none', () => {
    const stage = new Stage('ConfigMap');
    stage.apply('a', { data: { x: '1' } });
    stage.apply('b', { data: { x: '1' } });
    expect(timesOf(stage)).toEqual({ a: '01', b: undefined });
  });

  it('appliers come first, then the oldest', () => {
    const stage = new Stage('ConfigMap');
    stage.update('z', (object) => Object.assign(object, { data: { z: '1' } }));
    stage.update('a', (object) => Object.assign(object, { data: { z: '1', a: '1' } }));
    stage.apply('c', { data: { c: '1' } });
    stage.apply('b', { data: { b: '1' } });
    expect(Object.keys(stage.owners)).toEqual(['c', 'b', 'z (updates)', 'a (updates)']);
  });
});

describe('an object without managedFields', () => {
  const untracked = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { x: '1', y: '1' } };

  it('stays without them in updates, and gets an owner of all at the first apply', () => {
    const stage = new Stage('ConfigMap');
    stage.live = untracked;
    stage.update('u', (object) => Object.assign(object, { data: { x: '1', y: '2' } }));
    expect(stage.owners).toEqual({});
    expect(conflictOf(() => stage.apply('a', { data: { x: '2' } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
    );
    stage.apply('a', { data: { x: '2' } }, { force: true });
    expect(stage.owners).toEqual({
      a: { 'f:data': { 'f:x': {} } },
      'before-first-apply (updates)': { 'f:data': { '.': {}, 'f:y': {} } },
    });
  });
});

describe('taking over from client-side apply', () => {
  const annotated = (applied: object) => ({
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      ...applied,
    }),
  });

  const staged = () => {
    const stage = new Stage('ConfigMap');
    const data = { x: '1', y: '1' };
    stage.update('kubectl-client-side-apply', (object) =>
      Object.assign(object, { metadata: { name: 'c', annotations: annotated({ data }) }, data }),
    );
    return stage;
  };

  it('kubectl may change what it applied, and keeps the annotation', () => {
    const stage = staged();
    stage.apply('kubectl', { metadata: { name: 'c' }, data: { x: '2' } });
    const { metadata, data } = stage.live as { metadata: { annotations: object }; data: object };
    expect(data).toEqual({ x: '2', y: '1' });
    expect(metadata.annotations).toEqual({
      'kubectl.kubernetes.io/last-applied-configuration':
        '{"apiVersion":"v1","data":{"x":"2"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"c"}}\n',
    });
  });

  it('not what somebody has changed since', () => {
    const stage = staged();
    stage.update('editor', (object) => Object.assign(object, { data: { x: '9', y: '1' } }));
    expect(conflictOf(() => stage.apply('kubectl', { data: { x: '2', y: '2' } })).fields).toEqual(['.data.x']);
  });

  it('nobody else may', () => {
    expect(conflictOf(() => staged().apply('other', { data: { x: '2' } })).fields).toEqual(['.data.x']);
  });
});

describe('what is refused', () => {
  const refusal = (kind: string, fields: object): string => {
    try {
      new Stage(kind).apply('a', fields);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it.each([
    [
      'Deployment',
      { metadata: { namespace: 'n', name: 'd' }, spec: { foo: 1 } },
      '.spec.foo: field not declared in schema',
    ],
    [
      'Deployment',
      { metadata: { namespace: 'n', name: 'd' }, spec: { replicas: 'two' } },
      '.spec.replicas: expected numeric (int or float), got string',
    ],
    [
      'Deployment',
      { metadata: { namespace: 'n', name: 'd' }, spec: { paused: 'yes', minReadySeconds: true } },
      'errors:\n  .spec.paused: expected boolean, got &{yes}\n  .spec.minReadySeconds: expected numeric (int or float), got bool',
    ],
    [
      'Pod',
      { metadata: { namespace: 'n', name: 'd' }, spec: { containers: [{ name: 'c', image: 1 }] } },
      '.spec.containers[name="c"].image: expected string, got &value.valueUnstructured{Value:1}',
    ],
    [
      'Pod',
      { metadata: { namespace: 'n', name: 'd' }, spec: { containers: [{ image: 'i' }] } },
      '.spec.containers: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
    ],
    [
      'Pod',
      { metadata: { namespace: 'n', name: 'd' }, spec: { containers: [{ name: 'c' }, { name: 'c' }] } },
      '.spec.containers: duplicate entries for key [name="c"]',
    ],
    [
      'Pod',
      { metadata: { namespace: 'n', name: 'd', finalizers: ['x', 'x'] } },
      '.metadata.finalizers: duplicate entries for key [="x"]',
    ],
    ['Pod', { metadata: { namespace: 'n', name: 'd' }, spec: [1] }, '.spec: expected map, got &{[1]}'],
    [
      'Pod',
      { metadata: { namespace: 'n', name: 'd' }, spec: { containers: { b: 1, a: null } } },
      '.spec.containers: expected list, got &{map[a:<nil> b:1]}',
    ],
  ])('%s %j', (kind, fields, expected) => {
    const version = kind === 'Pod' ? '/v1' : 'apps/v1';
    expect(refusal(kind, fields)).toBe(
      `failed to create typed patch object (n/d; ${version}, Kind=${kind}): ${expected}`,
    );
  });

  it.each([
    [{ apiVersion: 'apps/v2' }, 'invalid object type: apps/v2, Kind=ConfigMap'],
    [{ kind: 'Secret' }, 'invalid object type: /v1, Kind=Secret'],
    [{ metadata: { managedFields: [] } }, 'metadata.managedFields must be nil'],
  ])('%j', (fields, expected) => {
    expect(refusal('ConfigMap', fields)).toBe(expected);
  });
});
