/** A cluster's name that no other run of the same test on this machine has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${process.pid}`;
}
