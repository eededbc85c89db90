import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { toRuntimeError } from './docker-errors.js';
import { LABELS, type Ownership, ownershipFilter } from './docker-labels.js';
import type { RuntimeEvent } from './runtime.js';

interface EngineEvent {
  readonly Action?: string;
  readonly id?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

const EVENT_TYPES: Readonly<Record<string, RuntimeEvent['type']>> = {
  start: 'started',
  die: 'died',
  destroy: 'removed',
  oom: 'oom',
};

/** The engine's events of our own containers. `onOpen` runs once nothing that happens from then on can be missed. */
export async function* dockerEvents(
  docker: Docker,
  ownership: Ownership,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<RuntimeEvent> {
  const filters = { type: ['container' as const], event: Object.keys(EVENT_TYPES), label: ownershipFilter(ownership) };
  try {
    const stream = (await docker.getEvents({ filters, abortSignal: signal })) as Readable;
    onOpen();
    for await (const line of lines(stream)) {
      const event = toRuntimeEvent(JSON.parse(line) as EngineEvent);
      if (event) yield event;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw toRuntimeError(error, 'watch events');
  }
}

function toRuntimeEvent(event: EngineEvent): RuntimeEvent | undefined {
  const type = EVENT_TYPES[event.Action ?? ''];
  const podUid = event.Actor?.Attributes?.[LABELS.podUid];
  if (type === undefined || podUid === undefined) return undefined;
  return { type, containerId: event.Actor?.ID ?? event.id ?? '', podUid };
}

/** Lines of a JSON stream, whatever the chunks. */
export async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
  }
  if (rest.trim() !== '') yield rest;
}
