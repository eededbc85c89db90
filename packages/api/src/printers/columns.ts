import type { Container } from '../generated/types.js';
import type { KubernetesObject, Persisted } from '../object.js';
import type { PrinterColumn } from '../resource.js';
import { ageOf } from './duration.js';

type Printed<T> = Persisted<T & KubernetesObject>;
type Value<T> = PrinterColumn<T>['value'];

/** A column that is always shown. */
export function column<T>(
  name: string,
  type: PrinterColumn<T>['type'],
  description: string,
  value: Value<T>,
): PrinterColumn<T> {
  return { name, type, description, priority: 0, value };
}

/** A column of `-o wide`. */
export function wideColumn<T>(name: string, description: string, value: Value<T>): PrinterColumn<T> {
  return { name, type: 'string', description, priority: 1, value };
}

export function nameColumn<T>(): PrinterColumn<T> {
  return {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'The name of the object, unique among its kind in its namespace.',
    priority: 0,
    value: (object: Printed<T>) => object.metadata.name,
  };
}

export function ageColumn<T>(): PrinterColumn<T> {
  return column<T>('Age', 'string', 'The time since the object was created.', (object, nowMs) =>
    ageOf(object.metadata.creationTimestamp, nowMs),
  );
}

/** What kinds have instead of an age for which Kubernetes names no columns. */
export function createdAtColumn<T>(): PrinterColumn<T> {
  return column<T>('Created At', 'date', 'When the object was created.', (object) => object.metadata.creationTimestamp);
}

/** What Kubernetes prints where there is nothing. */
export function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? '<none>' : text;
}

/** Names and images of a template's containers, for the wide columns of workloads. */
export function containerColumns<T>(containersOf: (object: T) => readonly Container[]): PrinterColumn<T>[] {
  return [
    wideColumn<T>('Containers', 'The names of the containers in the template.', (object) =>
      containersOf(object)
        .map((container) => container.name)
        .join(','),
    ),
    wideColumn<T>('Images', 'The images of the containers in the template.', (object) =>
      containersOf(object)
        .map((container) => container.image ?? '')
        .join(','),
    ),
  ];
}

/** A map of labels as a selector: `a=b,c=d`, in the order of its keys. */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return orNone(pairs.sort().join(','));
}
