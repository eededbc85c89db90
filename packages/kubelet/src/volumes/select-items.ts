import type { DeepReadonly, KeyToPath } from '@kubelab/api';
import type { FileContent, Payload } from './atomic-writer.js';

/**
 * Every entry under its key, or those that `items` names, at the paths and
 * with the modes given there. Throws for a key that is missing, unless optional.
 */
export function selectItems(
  entries: ReadonlyMap<string, Buffer>,
  items: DeepReadonly<KeyToPath[]> | undefined,
  defaultMode: number,
  optional: boolean,
  what: 'config' | 'secret',
): Payload {
  if (!items || items.length === 0) {
    return new Map([...entries].map(([key, content]) => [key, { content, mode: defaultMode }]));
  }
  const files = new Map<string, FileContent>();
  for (const { key, path, mode } of items) {
    const content = entries.get(key);
    if (content) files.set(path, { content, mode: mode ?? defaultMode });
    else if (!optional) throw new Error(`references non-existent ${what} key: ${key}`);
  }
  return files;
}
