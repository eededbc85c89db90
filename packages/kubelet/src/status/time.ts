/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
