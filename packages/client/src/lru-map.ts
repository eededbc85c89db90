/** A map that forgets what has not been touched for longest once it holds `capacity` entries. */
interface LruMap<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

export function createLruMap<K, V>(capacity: number): LruMap<K, V> {
  // A Map iterates in the order of insertion: the first is the oldest.
  const entries = new Map<K, V>();
  const set = (key: K, value: V) => {
    entries.delete(key);
    entries.set(key, value);
    if (entries.size <= capacity) return;
    for (const oldest of entries.keys()) {
      entries.delete(oldest);
      return;
    }
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
  };
}
