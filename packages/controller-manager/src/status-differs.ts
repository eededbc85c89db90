/** Whether writing `next` would change anything, a missing number counting as 0. */
export function statusDiffers(present: object | undefined, next: object): boolean {
  const normal = (status: object) =>
    JSON.stringify(
      Object.entries(status)
        .filter(([, value]) => value !== undefined && value !== 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  return normal(present ?? {}) !== normal(next);
}
