let lastSecond = Number.NaN;
let lastText = '';

/** RFC 3339 in whole seconds, as Kubernetes writes times. Most calls are about the second of the one before. */
export function formatTime(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}
