import type { ServerWritableStream } from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import type { Clock } from '@kubelab/runtime';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import { accept, send } from './call-stream.js';
import { findLogged, type PodDirectory } from './find-container.js';
import type { LogsRequestMessage } from './messages.js';

export type LogsCall = ServerWritableStream<LogsRequestMessage, { data: Buffer }>;

/** Sends a container's log, to its end or, with `follow`, to the container's. */
export async function serveLogs(
  call: LogsCall,
  { runtime, directory, clock }: { runtime: Pick<ContainerRuntime, 'logs'>; directory: PodDirectory; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const { target, follow, previous, timestamps, tailLines, limitBytes, stream } = call.request;
  const container = findLogged(directory, target, previous);
  const options = {
    follow,
    timestamps,
    tailLines: tailLines ?? undefined,
    sinceMs: sinceOf(call.request, clock.now()),
    stdout: stream !== 'Stderr',
    stderr: stream !== 'Stdout',
  };
  let remainingBytes = limitBytes ?? Number.POSITIVE_INFINITY;
  const output = await runtime.logs(container.id, options, signal);
  accept(call);
  for await (const { data } of output) {
    const some = data.subarray(0, Math.min(data.length, remainingBytes));
    remainingBytes -= some.length;
    if (some.length > 0) await send(call, { data: some }, signal);
    if (remainingBytes <= 0) return;
  }
}

function sinceOf({ sinceSeconds, sinceTime }: LogsRequestMessage, nowMs: number): number | undefined {
  if (sinceSeconds !== undefined && sinceSeconds !== null) return nowMs - sinceSeconds * 1000;
  if (sinceTime === '') return undefined;
  const milliseconds = Date.parse(sinceTime);
  if (Number.isNaN(milliseconds)) throw new ApiError('BadRequest', `invalid sinceTime "${sinceTime}"`);
  return milliseconds;
}
