import { isApiError } from '@kubelab/api';
import { StorageConflict } from '../../packages/apiserver/src/storage/storage.js';
import { configMap, dataOf, type OpenStorage } from './storage-harness.js';

/** What one writer knows of its own objects, which nobody else writes. */
export interface WriterReport {
  /** Name → version of what must exist, or undefined of what must not. */
  readonly expected: Map<string, string | undefined>;
  /** `ADDED name@version` and so on, of every write that was acknowledged. */
  readonly acknowledged: string[];
  /** Names whose last write's outcome the storage could not tell. */
  readonly unknown: Set<string>;
  /** Conflicts, of which a writer alone with its objects must see none. */
  readonly conflicts: string[];
  refused: number;
}

/**
 * Creates, updates and deletes its own few objects at random until told to
 * stop. Each object carries a count, so that a write made twice would show.
 */
export async function writeAtRandom(
  { configMaps }: OpenStorage,
  namespace: string,
  prefix: string,
  random: (below: number) => number,
  stopped: () => boolean,
): Promise<WriterReport> {
  const report: WriterReport = { expected: new Map(), acknowledged: [], unknown: new Set(), conflicts: [], refused: 0 };
  for (let count = 0; !stopped(); count++) {
    const name = `${prefix}-${random(5)}`;
    const key = { namespace, name };
    const version = report.expected.get(name);
    const object = configMap(namespace, name, { count: String(count) });
    try {
      if (report.unknown.has(name)) {
        const present = await configMaps.get(key);
        report.expected.set(name, present?.version);
        report.unknown.delete(name);
      } else if (version === undefined) {
        const made = await configMaps.create(key, object, {});
        report.expected.set(name, made.version);
        report.acknowledged.push(`ADDED ${name}@${made.version}`);
      } else if (random(4) === 0) {
        const gone = await configMaps.delete(key, version, {});
        report.expected.set(name, undefined);
        report.acknowledged.push(`DELETED ${name}@${gone.version}`);
      } else {
        const made = await configMaps.update(key, object, version, {});
        if (dataOf(made)?.count !== String(count)) throw new Error('the answer is another write’s');
        report.expected.set(name, made.version);
        report.acknowledged.push(`MODIFIED ${name}@${made.version}`);
      }
    } catch (error) {
      if (error instanceof StorageConflict) report.conflicts.push(`${error.reason} ${name}`);
      else if (isApiError(error, 'ServiceUnavailable')) report.refused++;
      else if (isApiError(error, 'Timeout')) report.unknown.add(name);
      else throw error;
    }
  }
  return report;
}
