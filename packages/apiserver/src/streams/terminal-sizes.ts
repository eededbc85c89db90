import type { TerminalSize } from './kubelet/messages.js';

const MAX_PENDING_CHARACTERS = 1024;
const MAX_SIZE = 65_535;

/** The sizes in a stream of JSON documents `{"Width":80,"Height":24}`; what is none of that is left out. */
export async function* terminalSizes(source: AsyncIterable<Buffer>): AsyncGenerator<TerminalSize, void, undefined> {
  let pending = '';
  for await (const chunk of source) {
    pending += chunk.toString('utf8');
    for (let end = pending.indexOf('}'); end >= 0; end = pending.indexOf('}')) {
      const size = parse(pending.slice(pending.lastIndexOf('{', end), end + 1));
      pending = pending.slice(end + 1);
      if (size) yield size;
    }
    if (pending.length > MAX_PENDING_CHARACTERS) pending = '';
  }
}

function parse(text: string): TerminalSize | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    return isSize(width) && isSize(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_SIZE;
}
