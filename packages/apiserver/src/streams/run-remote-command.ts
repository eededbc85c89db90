import { ApiError, type Status } from '@kubelab/api';
import type { KubeletDuplex } from './kubelet/kubelet-call.js';
import type { ExecRequestMessage, ExecResponseMessage } from './kubelet/messages.js';
import { statusOfExit } from './remote-command-status.js';
import { terminalSizes } from './terminal-sizes.js';

/** The client's side of an exec or attach, whatever protocol carries it. */
export interface RemoteCommandStreams {
  /** Ends when the client closes its side of it. */
  readonly stdin: AsyncIterable<Buffer> | undefined;
  /** JSON documents with the terminal's sizes. */
  readonly resizes: AsyncIterable<Buffer> | undefined;
  /** Resolves once more may be written. */
  write(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  /** Sends how it ended, after all output, and closes the connection. */
  finish(status: Status): Promise<void>;
  /** Closes the connection without a word, as when the server stops. Does nothing to one that is closed. */
  close(): Promise<void>;
}

export type RemoteCommandCall = KubeletDuplex<ExecRequestMessage, ExecResponseMessage>;

/** A kubelet takes messages of up to 4 MiB. */
const MAX_STDIN_BYTES = 256 * 1024;

/** Carries bytes both ways until the process ends, then tells the client how. Rejects when the signal aborts. */
export async function runRemoteCommand(
  kind: 'exec' | 'attach',
  call: RemoteCommandCall,
  streams: RemoteCommandStreams,
  signal: AbortSignal,
): Promise<void> {
  // A client that breaks off its input ends the whole: its output has no reader either.
  const input = Promise.all([sendStdin(call, streams.stdin), sendSizes(call, streams.resizes)]).catch(() =>
    call.cancel(),
  );
  const status = await carryOutput(kind, call, streams);
  signal.throwIfAborted();
  await streams.finish(status);
  await input;
}

async function carryOutput(
  kind: 'exec' | 'attach',
  call: RemoteCommandCall,
  streams: RemoteCommandStreams,
): Promise<Status> {
  let status: Status | undefined;
  try {
    for await (const { response, stdout, stderr, exit } of call.messages()) {
      if (response === 'exit' && exit) status = statusOfExit(kind, exit);
      if (response === 'stdout' && stdout) await streams.write('stdout', stdout);
      if (response === 'stderr' && stderr) await streams.write('stderr', stderr);
    }
    return status ?? new ApiError('InternalError', 'the kubelet told no exit code').toStatus();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return status ?? error.toStatus();
  }
}

async function sendStdin(call: RemoteCommandCall, stdin: AsyncIterable<Buffer> | undefined): Promise<void> {
  if (!stdin) return;
  for await (const chunk of stdin) {
    for (let start = 0; start < chunk.length; start += MAX_STDIN_BYTES) {
      await call.send({ stdin: chunk.subarray(start, start + MAX_STDIN_BYTES) });
    }
  }
  await call.send({ closeStdin: {} });
}

async function sendSizes(call: RemoteCommandCall, resizes: AsyncIterable<Buffer> | undefined): Promise<void> {
  if (!resizes) return;
  for await (const resize of terminalSizes(resizes)) await call.send({ resize });
}
