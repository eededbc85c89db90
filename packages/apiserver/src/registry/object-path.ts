/** `pods/default/x`, `nodes/n1`: how spans name what was written. */
export function objectPath({ plural }: { plural: string }, namespace: string, name: string): string {
  return namespace === '' ? `${plural}/${name}` : `${plural}/${namespace}/${name}`;
}
