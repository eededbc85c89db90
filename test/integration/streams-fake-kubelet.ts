import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import {
  status as Code,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import { loadProto } from '@kubelab/runtime';
import { type CertificateAuthority, type CertificateOptions, issueCertificate } from '@kubelab/runtime/certificates';

interface Target {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
}

export interface LogsRequest {
  target: Target;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number | null;
  sinceSeconds?: number | null;
  sinceTime: string;
  limitBytes?: number | null;
  stream: string;
  traceparent: string;
}

interface ExecRequest {
  request: 'start' | 'stdin' | 'resize' | 'closeStdin';
  start?: { target: Target; command: string[]; stdin: boolean; tty: boolean; stderr: boolean; traceparent: string };
  stdin?: Buffer;
  resize?: { width: number; height: number };
}

interface PortForwardRequest {
  start?: { target: Target; port: number };
  data?: Buffer;
}

type ExecCall = ServerDuplexStream<ExecRequest, object>;

/** A kubelet whose containers are processes of this machine: `exec` runs the command here. */
export interface FakeKubelet {
  readonly port: number;
  /** What has been asked for. */
  readonly logRequests: LogsRequest[];
  readonly execStarts: NonNullable<ExecRequest['start']>[];
  /** Emits `line` with what a log that is followed is to say next, and `end`. */
  readonly log: EventEmitter;
  /** Of the log that has no end. */
  readonly sentBytes: number;
  /** Calls and processes under way. */
  readonly active: number;
  stop(): Promise<void>;
}

/** Containers that are not running; anything else is. */
const WAITING = 'waiting';

export async function startFakeKubelet(
  authority: CertificateAuthority,
  identity: Pick<CertificateOptions, 'commonName' | 'ipAddresses'>,
): Promise<FakeKubelet> {
  const serving = await issueCertificate(authority, { ...identity, usages: ['server'] });
  const log = new EventEmitter().setMaxListeners(100);
  const logRequests: LogsRequest[] = [];
  const execStarts: NonNullable<ExecRequest['start']>[] = [];
  let active = 0;
  let sentBytes = 0;

  /** Answers with the error's Status, as a kubelet does. */
  function serve<C extends ExecCall | ServerWritableStream<LogsRequest, object>>(work: (call: C) => Promise<void>) {
    return (call: C) => {
      active += 1;
      work(call)
        .then(
          () => call.end(),
          (error: unknown) => call.emit('error', toServiceError(error)),
        )
        .finally(() => {
          active -= 1;
        });
    };
  }

  async function logs(call: ServerWritableStream<LogsRequest, object>): Promise<void> {
    const { target, follow, previous, tailLines } = call.request;
    logRequests.push(call.request);
    const which = `container "${target.container}" in pod "${target.pod}"`;
    if (previous) throw new ApiError('BadRequest', `previous terminated ${which} not found`);
    if (target.container === WAITING) {
      throw new ApiError('BadRequest', `${which} is waiting to start: ContainerCreating`);
    }
    call.sendMetadata(new Metadata());
    if (target.container === 'endless') {
      const piece = Buffer.alloc(64 * 1024, 'x');
      while (!call.cancelled) {
        sentBytes += piece.length;
        if (!call.write({ data: piece })) await eventOf(call, 'drain', 'cancelled');
      }
      return;
    }
    const lines = ['one\n', 'two\n', 'three\n'];
    for (const line of tailLines == null ? lines : lines.slice(lines.length - tailLines)) {
      call.write({ data: Buffer.from(line) });
    }
    if (!follow) return;
    const say = (line: string) => call.write({ data: Buffer.from(line) });
    log.on('line', say);
    log.emit('followed');
    await Promise.race([eventOf(call, 'cancelled'), eventOf(log, 'end')]);
    log.off('line', say);
  }

  async function exec(call: ExecCall): Promise<void> {
    // Answers go on after the end of the requests.
    const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterator<ExecRequest>;
    const { start } = (await requests.next()).value as ExecRequest;
    if (!start) throw new ApiError('BadRequest', 'the first message must be start');
    execStarts.push(start);
    const { container } = start.target;
    if (container === WAITING) throw new ApiError('InternalError', `container not found ("${container}")`);
    if (start.command[0] === 'sizes') return tellSizes(call, requests);
    // To attach is to talk to a shell that is there already.
    const [file = 'sh', ...args] = start.command.length > 0 ? start.command : ['cat'];
    const child = spawn(file, args, { stdio: 'pipe' });
    call.on('cancelled', () => child.kill('SIGKILL'));
    child.stdin.on('error', () => undefined);
    const isRunning = await once(child, 'spawn').then(
      () => true,
      () => false,
    );
    if (!isRunning) return void call.write({ exit: { code: 0, error: `no such program: ${file}` } });
    call.sendMetadata(new Metadata());
    const closed = once(child, 'close') as Promise<[number | null]>;
    feed(requests, child).catch(() => child.kill('SIGKILL'));
    await Promise.all([copy(child.stdout, 'stdout', call), copy(child.stderr, 'stderr', call)]);
    const [code] = await closed;
    if (!call.cancelled) call.write({ exit: { code: code ?? 137, error: '' } });
  }

  async function portForward(call: ServerDuplexStream<PortForwardRequest, object>): Promise<void> {
    const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterator<PortForwardRequest>;
    const { start } = (await requests.next()).value as PortForwardRequest;
    const socket = connect({ host: '127.0.0.1', port: start?.port ?? 0, allowHalfOpen: true });
    call.on('cancelled', () => socket.destroy());
    await once(socket, 'connect').catch((error: Error) => {
      throw new ApiError('InternalError', `failed to connect to localhost:${start?.port}: ${error.message}`);
    });
    socket.on('error', () => undefined);
    call.sendMetadata(new Metadata());
    // The call ends with what the pod sends: there is no other way to tell that it has hung up.
    (async () => {
      for (let next = await requests.next(); !next.done; next = await requests.next()) {
        if (next.value.data && !socket.write(next.value.data)) await eventOf(socket, 'drain', 'close');
      }
      socket.end();
    })().catch(() => socket.destroy());
    for await (const data of socket) if (!call.write({ data })) await eventOf(call, 'drain', 'cancelled');
  }

  const server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });
  server.addService(loadProto().Node.service, {
    logs: serve(logs),
    exec: serve(exec),
    attach: serve(exec),
    portForward: serve(portForward as unknown as (call: ExecCall) => Promise<void>),
    stats: () => undefined,
  });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(authority.certificatePem),
    [{ cert_chain: Buffer.from(serving.certificatePem), private_key: Buffer.from(serving.privateKeyPem) }],
    true,
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return {
    port,
    logRequests,
    execStarts,
    log,
    get sentBytes() {
      return sentBytes;
    },
    get active() {
      return active;
    },
    async stop() {
      server.forceShutdown();
    },
  };
}

async function tellSizes(call: ExecCall, requests: AsyncIterator<ExecRequest>): Promise<void> {
  call.sendMetadata(new Metadata());
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { resize, request } = next.value;
    if (resize) call.write({ stdout: Buffer.from(`${resize.width}x${resize.height}\n`) });
    if (request === 'closeStdin') break;
  }
  call.write({ exit: { code: 0, error: '' } });
}

async function feed(requests: AsyncIterator<ExecRequest>, { stdin }: ChildProcessWithoutNullStreams): Promise<void> {
  for (let next = await requests.next(); !next.done; next = await requests.next()) {
    const { stdin: data, request } = next.value;
    if (request === 'closeStdin') stdin.end();
    if (request === 'stdin' && data && stdin.writable && !stdin.write(data)) await eventOf(stdin, 'drain', 'close');
  }
  stdin.end();
}

async function copy(source: AsyncIterable<Buffer>, name: 'stdout' | 'stderr', call: ExecCall): Promise<void> {
  for await (const data of source) {
    if (call.cancelled) return;
    if (!call.write({ [name]: data })) await eventOf(call, 'drain', 'cancelled');
  }
}

/** The first of these events. */
function eventOf(emitter: NodeJS.EventEmitter, ...names: string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const name of names) emitter.off(name, done);
      resolve();
    };
    for (const name of names) emitter.on(name, done);
  });
}

function toServiceError(error: unknown) {
  const failure = error instanceof ApiError ? error : new ApiError('InternalError', String(error));
  const metadata = new Metadata();
  metadata.set('kubelab-status-bin', Buffer.from(JSON.stringify(failure.toStatus())));
  return { code: Code.INTERNAL, details: failure.message, metadata };
}
