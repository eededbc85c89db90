import { describe, expect, it } from 'vitest';
import type { ManagedFieldsEntry } from '../../generated/types.js';
import type { KubernetesObject } from '../../object.js';
import { capUpdaters } from './cap-managers.js';
import type { FieldSet } from './field-set.js';
import { decodeManagers, encodeManagers, isReset, type Manager } from './managers.js';
import { type TrackedWrite, trackUpdate } from './track-update.js';

const entry = (parts: Partial<ManagedFieldsEntry>): ManagedFieldsEntry => ({
  manager: 'm',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { 'f:x': {} } },
  ...parts,
});

describe('what clients send', () => {
  it.each([
    [{ operation: 'Create' }],
    [{ apiVersion: '' }],
    [{ fieldsType: '' }],
    [{ fieldsType: 'FieldsV2' }],
    [{ fieldsV1: { data: {} } }],
    [{ fieldsV1: { 'f:data': 1 } }],
    [{ fieldsV1: { 'k:name': {} } }],
    [{ fieldsV1: { 'k:{}': {} } }],
    [{ fieldsV1: { 'i:-1': {} } }],
    [{ fieldsV1: [] }],
  ])('%j cannot be read', (parts) => {
    expect(decodeManagers([entry(parts as Partial<ManagedFieldsEntry>)])).toBeUndefined();
  });

  it('is brought into the one form', () => {
    const fieldsV1 = { 'f:b': {}, 'f:a': { 'k:{ "b": 1, "a": 2 }': {}, '.': {} } };
    expect(encodeManagers(decodeManagers([entry({ fieldsV1 })]) ?? [])).toEqual([
      entry({ fieldsV1: { 'f:a': { '.': {}, 'k:{"a":2,"b":1}': {} }, 'f:b': {} } }),
    ]);
  });

  it('without fields is no owner', () => {
    expect(encodeManagers(decodeManagers([entry({ fieldsV1: {} })]) ?? [])).toBeUndefined();
  });

  it.each([
    [[], true],
    [[{}], true],
    [[{}, {}], false],
    [[entry({})], false],
  ])('%j asks for a reset: %s', (entries, expected) => {
    expect(isReset(entries)).toBe(expected);
  });
});

describe('an update', () => {
  const write: TrackedWrite = {
    definition: 'ConfigMap',
    manager: 'u',
    apiVersion: 'v1',
    subresource: '',
    tracked: {},
    time: '2026-01-01T00:00:00Z',
  };
  const map = (data: object, managedFields?: ManagedFieldsEntry[]) =>
    ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { managedFields }, data }) as KubernetesObject;
  const present = [entry({ manager: 'a', operation: 'Apply' })];

  it('that changes nothing leaves the list itself', () => {
    const live = map({ x: '1' }, present);
    expect(trackUpdate(write, live, map({ x: '1' }))).toBe(present);
    expect(trackUpdate(write, live, map({ x: '1' }, structuredClone(present)))).toBe(present);
  });

  it.each([[[]], [[{}]]])('with %j stops the tracking', (sent) => {
    expect(trackUpdate(write, map({ x: '1' }, present), map({ x: '2' }, sent))).toBeUndefined();
  });

  it('may hand fields to others', () => {
    const sent = [entry({ manager: 'b', operation: 'Apply' })];
    expect(trackUpdate(write, map({ x: '1' }, present), map({ x: '1' }, sent))).toEqual(sent);
  });

  it('with entries that are none keeps those that are there', () => {
    const sent = [entry({ operation: 'Create' })];
    expect(trackUpdate(write, map({ x: '1' }, present), map({ x: '1' }, sent))).toBe(present);
  });

  it('of a subresource cannot', () => {
    const sent = [entry({ manager: 'b', operation: 'Apply' })];
    const status = { ...write, subresource: 'status' };
    expect(trackUpdate(status, map({ x: '1' }, present), map({ x: '1' }, sent))).toBe(present);
  });

  it('owns nothing of what is set back', () => {
    const tracked = { ignored: { 'f:data': {} } };
    expect(trackUpdate({ ...write, tracked }, map({ x: '1' }, present), map({ x: '2' }))).toBe(present);
  });

  it('in another version is another owner, whom the fields are taken from', () => {
    const old = [entry({ manager: 'u', apiVersion: 'v1beta1' })];
    expect(trackUpdate(write, map({ x: '1' }, old), map({ x: '2' }))).toEqual([
      entry({ manager: 'u', time: write.time }),
    ]);
  });
});

describe('capUpdaters', () => {
  const updater = (number: number, apiVersion = 'v1'): Manager => ({
    manager: `m${number}`,
    operation: 'Update',
    apiVersion,
    subresource: number % 2 === 0 ? '' : 'status',
    time: `2026-01-01T00:00:${String(number).padStart(2, '0')}Z`,
    fields: { [`f:${number}`]: {} } as FieldSet,
  });

  it('leaves ten', () => {
    const ten = Array.from({ length: 10 }, (_, index) => updater(index));
    expect(capUpdaters(ten)).toEqual(ten);
  });

  it('puts the oldest of more into one', () => {
    const capped = capUpdaters(Array.from({ length: 12 }, (_, index) => updater(index)));
    expect(capped.map(({ manager }) => manager).sort()).toEqual(
      ['ancient-changes', ...Array.from({ length: 9 }, (_, index) => `m${index + 3}`)].sort(),
    );
    expect(capped.find(({ manager }) => manager === 'ancient-changes')).toEqual({
      manager: 'ancient-changes',
      operation: 'Update',
      apiVersion: 'v1',
      subresource: '',
      time: '2026-01-01T00:00:02Z',
      fields: { 'f:0': {}, 'f:1': {}, 'f:2': {} },
    });
  });

  it('keeps versions apart, and appliers out of it', () => {
    const managers = [updater(0, 'v2'), ...Array.from({ length: 11 }, (_, index) => updater(index + 1))];
    const applier: Manager = { ...updater(20), operation: 'Apply' };
    const capped = capUpdaters([applier, ...managers]);
    expect(capped).toHaveLength(11);
    expect(capped).toContainEqual(updater(0, 'v2'));
    expect(capped).toContainEqual(applier);
  });
});
