/**
 * Sets a field as the object's own, whatever its name. Plain assignment to
 * `__proto__` would change the prototype instead.
 */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}
