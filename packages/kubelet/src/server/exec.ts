import { once } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import { parseTraceparent, type Tracer } from '@kubelab/runtime';
import { type ContainerRuntime, type ProcessStreams, RuntimeError } from '../container-runtime/runtime.js';
import { accept, messagesOf, send } from './call-stream.js';
import { findRunning, type PodDirectory } from './find-container.js';
import type { ExecRequestMessage, ExecResponseMessage, ExecStartMessage } from './messages.js';

export type ExecCall = ServerDuplexStream<ExecRequestMessage, ExecResponseMessage>;

export interface ExecDependencies {
  readonly runtime: Pick<ContainerRuntime, 'exec' | 'attach'>;
  readonly directory: PodDirectory;
  readonly tracer: Tracer;
}

/** Runs a command in a container, or with `attach` connects to its own process, until it ends or the client leaves. */
export async function serveExec(
  call: ExecCall,
  kind: 'exec' | 'attach',
  dependencies: ExecDependencies,
  signal: AbortSignal,
): Promise<void> {
  const requests = messagesOf<ExecRequestMessage>(call);
  const first = await requests.next();
  const start = first.done ? undefined : first.value.start;
  if (!start) throw new ApiError('BadRequest', 'the first message must be start');
  const parent = parseTraceparent(start.traceparent);
  await dependencies.tracer.span(kind, { parent }, async () => {
    const process = await open(kind, start, dependencies, signal);
    accept(call);
    await carry(call, requests, process, start.stdin, signal);
  });
}

/** Between the client and the process, both ways, until the process ends. */
async function carry(
  call: ExecCall,
  requests: AsyncIterator<ExecRequestMessage>,
  process: ProcessStreams,
  wantsStdin: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    const input = feed(requests, process, wantsStdin);
    input.catch(() => process.close());
    for await (const { stream, data } of process.output) {
      await send(call, stream === 'stderr' ? { stderr: data } : { stdout: data }, signal);
    }
    signal.throwIfAborted();
    await send(call, { exit: { code: (await process.exitCode()) ?? 0, error: '' } }, signal);
  } finally {
    process.close();
  }
}

async function open(
  kind: 'exec' | 'attach',
  start: ExecStartMessage,
  { runtime, directory }: ExecDependencies,
  signal: AbortSignal,
): Promise<ProcessStreams> {
  const { id } = findRunning(directory, start.target);
  try {
    return kind === 'exec' ? await runtime.exec(id, start, signal) : await runtime.attach(id, start, signal);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    throw new ApiError('InternalError', `error executing command in container: ${error.message}`, { cause: error });
  }
}

/** What the client sends, in order, until it closes its side; that ends the process's stdin. */
async function feed(
  requests: AsyncIterator<ExecRequestMessage>,
  process: ProcessStreams,
  wantsStdin: boolean,
): Promise<void> {
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { request, stdin, resize } = next.value;
    if (request === 'stdin' && stdin && wantsStdin) await writeAll(process.stdin, stdin);
    else if (request === 'closeStdin' && wantsStdin) process.stdin.end();
    // A terminal that is gone by now needs no size.
    else if (request === 'resize' && resize) await process.resize(resize.width, resize.height).catch(() => undefined);
  }
  if (wantsStdin) process.stdin.end();
}

async function writeAll(stdin: NodeJS.WritableStream, data: Buffer): Promise<void> {
  if (!stdin.writable) return;
  if (!stdin.write(data)) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
}
