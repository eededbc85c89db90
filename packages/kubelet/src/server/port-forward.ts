import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import { accept, messagesOf, send } from './call-stream.js';
import { findPod, type PodDirectory } from './find-container.js';
import type { PortForwardRequestMessage } from './messages.js';

export type PortForwardCall = ServerDuplexStream<PortForwardRequestMessage, { data: Buffer }>;

/**
 * Connects to a port of the loopback interface and carries bytes between it and
 * the standard streams. Runs as a process of its own inside the pod's network
 * namespace: a namespace is of a thread, and Node's sockets are of no known one.
 */
const RELAY = `
const net = require('node:net');
const port = Number(process.argv[1]);
const fail = (error) => { process.stderr.write(error.message); process.exit(1); };
const connect = (host, onError) => {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  socket.once('error', onError);
  socket.once('connect', () => {
    socket.off('error', onError);
    socket.on('error', fail);
    process.stdin.pipe(socket);
    socket.pipe(process.stdout);
    // Node never ends its standard output by itself; what is still in it goes out first.
    socket.once('end', () => process.stdout.write('', () => process.exit(0)));
  });
};
connect('127.0.0.1', (error) => connect('::1', () => fail(error)));
`;

const MAX_ERROR_BYTES = 1024;

/** One connection to a port inside a pod, until either side ends it. */
export async function servePortForward(
  call: PortForwardCall,
  directory: PodDirectory,
  signal: AbortSignal,
): Promise<void> {
  const requests = messagesOf<PortForwardRequestMessage>(call);
  const first = await requests.next();
  const start = first.done ? undefined : first.value.start;
  if (!start) throw new ApiError('BadRequest', 'the first message must be start');
  const { pod, state } = findPod(directory, start.target);
  const pid = state.sandbox?.pid ?? 0;
  if (pid === 0) {
    throw new ApiError('BadRequest', `unable to do port forwarding: pod "${pod.metadata.name}" is not running`);
  }
  const relay = startRelay(pid, start.port, signal);
  accept(call);
  const input = feed(requests, relay.process.stdin).catch(() => relay.process.kill());
  try {
    for await (const data of relay.process.stdout as AsyncIterable<Buffer>) await send(call, { data }, signal);
    const failure = await relay.failure;
    if (failure !== undefined && !signal.aborted) {
      const where = `localhost:${start.port} inside the network namespace of pod "${pod.metadata.name}"`;
      throw new ApiError('InternalError', `failed to connect to ${where}: ${failure}`);
    }
  } finally {
    relay.process.kill();
    void input;
  }
}

interface Relay {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Undefined after a clean end. */
  readonly failure: Promise<string | undefined>;
}

function startRelay(pid: number, port: number, signal: AbortSignal): Relay {
  const args = [`--target=${pid}`, '--net', '--', process.execPath, '-e', RELAY, String(port)];
  const child = spawn('nsenter', args, { stdio: ['pipe', 'pipe', 'pipe'], signal });
  // A pipe that breaks is the end of the connection, which the exit tells.
  child.stdin.on('error', () => undefined);
  let text = '';
  child.stderr.on('data', (data: Buffer) => {
    text = (text + data.toString('utf8')).slice(0, MAX_ERROR_BYTES);
  });
  const failure = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 || code === null ? undefined : text || `exit code ${code}`));
  });
  return { process: child, failure };
}

async function feed(requests: AsyncIterator<PortForwardRequestMessage>, stdin: Writable): Promise<void> {
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { data } = next.value;
    if (!stdin.writable) return;
    if (data && !stdin.write(data)) await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
  }
  stdin.end();
}
