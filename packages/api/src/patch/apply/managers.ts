import { isObject } from '../../decode/convert-value.js';
import type { ManagedFieldsEntry } from '../../generated/types.js';
import { type FieldSet, isLeaf, LEAF, nodeOf, SELF } from './field-set.js';
import { canonicalElement } from './path-element.js';

/** One owner of fields: an entry of metadata.managedFields, read. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  /** Of the object that the fields are named in. */
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds; an applier that never changed anything has none. */
  readonly time: string | undefined;
  /** Undefined where it owns nothing any more. */
  readonly fields: FieldSet | undefined;
  /** As it is stored; undefined once something of it has changed. */
  readonly entry?: ManagedFieldsEntry | undefined;
}

export type ManagerIdentity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** Whether both are the same owner. Appliers keep their fields from version to version. */
export function isSameManager(a: ManagerIdentity, b: ManagerIdentity): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** The entries that the apiserver itself has stored: nothing is checked or copied. */
export function readManagers(entries: readonly ManagedFieldsEntry[] | undefined): Manager[] {
  return (entries ?? []).map((entry) => ({
    ...managerOf(entry, entry.fieldsV1 as unknown as FieldSet | undefined),
    entry,
  }));
}

function managerOf(entry: ManagedFieldsEntry, fields: FieldSet | undefined): Manager {
  return {
    manager: entry.manager ?? '',
    operation: entry.operation as Manager['operation'],
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource ?? '',
    time: entry.time,
    fields: fields === undefined || isLeaf(fields) ? undefined : fields,
  };
}

/** The entries that a client has sent; undefined where one of them is none. Of two alike the last counts. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[]): Manager[] | undefined {
  const managers: Manager[] = [];
  for (const entry of entries) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') return undefined;
    if (!entry.apiVersion || entry.fieldsType !== 'FieldsV1') return undefined;
    const fields = entry.fieldsV1 === undefined ? LEAF : decodeFieldSet(entry.fieldsV1);
    if (fields === undefined) return undefined;
    const manager = managerOf(entry, fields);
    const same = managers.findIndex((other) => isSameManager(other, manager));
    if (same < 0) managers.push(manager);
    else managers[same] = manager;
  }
  return managers;
}

const MAX_DEPTH = 200;

/** FieldsV1 as a client wrote it, in the form that is stored; undefined where it is none. */
function decodeFieldSet(value: unknown, depth = 0): FieldSet | undefined {
  if (!isObject(value) || depth > MAX_DEPTH) return undefined;
  let children: Record<string, FieldSet> | undefined;
  for (const key of Object.keys(value)) {
    const element = canonicalElement(key);
    const child = element === undefined ? undefined : decodeFieldSet(value[key], depth + 1);
    if (element === undefined || child === undefined) return undefined;
    if (element === SELF) continue;
    children ??= {};
    children[element] = child;
  }
  return nodeOf(children, SELF in value) ?? LEAF;
}

/** `[]` or `[{}]`: the client asks that nothing be tracked until somebody applies. */
export function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  const [first] = entries;
  if (entries.length > 1) return false;
  return first === undefined || Object.values(first).every((value) => value === undefined || value === '');
}

/** The list as it is stored: in Kubernetes' order, without owners of nothing. Undefined where none is left. */
export function encodeManagers(managers: readonly Manager[]): ManagedFieldsEntry[] | undefined {
  const owners = managers.filter(({ fields }) => fields !== undefined);
  if (owners.length === 0) return undefined;
  if (owners.length > 1) owners.sort(compareManagers);
  return owners.map((owner) => owner.entry ?? entryOf(owner));
}

function entryOf({ manager, operation, apiVersion, time, subresource, fields }: Manager): ManagedFieldsEntry {
  return {
    ...(manager === '' ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fields as unknown as NonNullable<ManagedFieldsEntry['fieldsV1']>,
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** Appliers first; then the longest unchanged first; then by name. */
function compareManagers(a: Manager, b: Manager): number {
  return (
    compare(a.operation, b.operation) ||
    secondsOf(a) - secondsOf(b) ||
    compare(a.manager, b.manager) ||
    compare(a.apiVersion, b.apiVersion) ||
    compare(a.subresource, b.subresource)
  );
}

/** For the order; 0 without a time. */
export function secondsOf({ time }: Manager): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000) || 0;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Identity as Kubernetes writes it: conflicts are listed in the order of this text. */
export function identityText({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify({
    ...(manager === '' ? {} : { manager }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  });
}
