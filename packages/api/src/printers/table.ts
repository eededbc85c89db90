import type { ListMeta } from '../generated/types.js';
import type { KubernetesObject, Persisted } from '../object.js';
import type { ResourceType } from '../resource.js';

/** A meta.k8s.io/v1 Table: what `kubectl get` asks for. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: ListMeta;
  readonly columnDefinitions: TableColumn[];
  readonly rows: TableRow[];
}

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: (string | number | boolean)[];
  /** The object, its metadata, or null, as `includeObject` asked. */
  readonly object: KubernetesObject | null;
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** What each row carries of its object. Default `Metadata`. */
  readonly includeObject?: IncludeObject;
  /** For ages. Default: now. */
  readonly nowMs?: number;
  /** The list's resourceVersion, continue and remainingItemCount. */
  readonly metadata?: ListMeta;
  /** False: column definitions are left out (later frames of a watch). Default true. */
  readonly includeHeaders?: boolean;
}

/** Every column is in the table, those of `-o wide` too: the client shows what it was asked for. */
export function toTable<T extends KubernetesObject>(
  resource: Pick<ResourceType<T>, 'columns'>,
  objects: readonly Persisted<T>[],
  options: TableOptions = {},
): Table {
  const { includeObject = 'Metadata', nowMs = Date.now(), metadata = {}, includeHeaders = true } = options;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: includeHeaders ? columnDefinitions(resource) : [],
    rows: objects.map((object) => ({
      cells: resource.columns.map((column) => column.value(object, nowMs)),
      object: rowObject(object, includeObject),
    })),
  };
}

function columnDefinitions<T extends KubernetesObject>({ columns }: Pick<ResourceType<T>, 'columns'>): TableColumn[] {
  return columns.map(({ name, type, format = '', description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
}

function rowObject(object: Persisted, include: IncludeObject): KubernetesObject | null {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialMetadata(object);
}

/** A meta.k8s.io/v1 PartialObjectMetadata: who an object is, without what it is. */
export function partialMetadata(object: KubernetesObject): KubernetesObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
