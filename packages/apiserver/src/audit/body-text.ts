import { type KubernetesObject, parseYaml } from '@kubelab/api';
import { PROTOBUF_TYPE } from '../protobuf/envelope.js';

/**
 * A body as JSON text, for an event; undefined where there is none, or none that can be read.
 * Without managedFields where those are to be left out.
 */
export function bodyText(bytes: Buffer, contentType: string, omitManagedFields: boolean): string | undefined {
  if (bytes.length === 0 || contentType === PROTOBUF_TYPE) return undefined;
  const text = bytes.toString('utf8');
  try {
    const isYaml = contentType.includes('yaml');
    const value: unknown = isYaml ? parseYaml(text, { findDuplicates: false }).value : JSON.parse(text);
    if (omitManagedFields) dropManagedFields(value);
    return JSON.stringify(value);
  } catch {
    // The client hears of it from whoever has to understand the body.
    return undefined;
  }
}

function dropManagedFields(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const { metadata, items } = value as KubernetesObject & { items?: unknown };
  if (metadata) delete metadata.managedFields;
  if (Array.isArray(items)) for (const item of items) dropManagedFields(item);
}
