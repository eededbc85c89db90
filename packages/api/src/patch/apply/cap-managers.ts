import { union } from './field-set.js';
import { isSameManager, type Manager, secondsOf } from './managers.js';

/** How many updaters an object remembers one by one. */
const MAX_UPDATERS = 10;
/** Whom the changes of those before them are put down to. */
const ANCIENT_CHANGES = 'ancient-changes';

/** Puts the updaters that were longest inactive into one, a version each, until no more than 10 are left. */
export function capUpdaters(managers: readonly Manager[]): readonly Manager[] {
  if (managers.length <= MAX_UPDATERS) return managers;
  const updaters = managers.filter(({ operation }) => operation === 'Update').sort(oldestFirst);
  let remaining = [...managers];
  let count = updaters.length;
  const firstOfVersion = new Map<string, Manager>();
  for (const updater of updaters) {
    if (count <= MAX_UPDATERS) break;
    const first = firstOfVersion.get(updater.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(updater.apiVersion, updater);
      continue;
    }
    const bucket = { ...updater, manager: ANCIENT_CHANGES, subresource: '', entry: undefined };
    const present = remaining.find((manager) => isSameManager(manager, bucket)) ?? first;
    const merged = { ...bucket, fields: union(present.fields, updater.fields) };
    remaining = [...remaining.filter((manager) => manager !== present && manager !== updater), merged];
    count -= 1;
  }
  return remaining;
}

function oldestFirst(a: Manager, b: Manager): number {
  return secondsOf(a) - secondsOf(b) || (a.manager < b.manager ? -1 : 1);
}
