/** RFC 3339 in whole seconds: Kubernetes' Time. */
export function timestamp(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
