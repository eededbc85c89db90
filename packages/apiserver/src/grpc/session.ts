import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { ApiError } from '@kubelab/api';
import {
  MessagePacker,
  PACKING,
  type Packed,
  type SessionRequestMessage,
  type SessionResponseMessage,
  type WatchMessage,
} from '@kubelab/runtime';
import type { User } from '../authn/user.js';
import { LazyAbortController } from '../lazy-abort-controller.js';
import { toApiError } from '../registry/to-api-error.js';
import type { Performer, UnaryMessages } from './perform.js';
import { encodeStatus } from './status.js';
import type { ReceiveSpans } from './trace-methods.js';
import { sendWatch } from './watch-messages.js';

export interface SessionOptions {
  readonly performer: Performer;
  readonly receiveSpans: ReceiveSpans;
  /** Watches on one stream, beyond which a watch is refused. Default 256. */
  readonly maxWatches?: number;
  /** Other requests in flight on one stream, beyond which nothing more is read. Default 512. */
  readonly maxInFlight?: number;
  /** How long a request may take, watches apart. Default 60,000. */
  readonly requestTimeoutMs?: number;
  readonly onError: (error: unknown) => void;
  /** When it aborts, watches end, requests in flight finish, and then the stream ends. */
  readonly stopping: AbortSignal;
}

type Call = ServerDuplexStream<
  Packed<SessionRequestMessage>,
  SessionResponseMessage | { packed: readonly SessionResponseMessage[] }
>;
type Response = {
  [Name in SessionResponseMessage as Name['response']]: Omit<Name, 'id' | 'response'>;
}[SessionResponseMessage['response']];

/** One client's stream, with many requests in flight on it. Ends with the client's half-close, once all are answered. */
export function serveSession(call: Call, user: User, options: SessionOptions): void {
  const { maxWatches = 256, maxInFlight = 512, requestTimeoutMs = 60_000 } = options;
  const peer = call.getPeer();
  const running = new Map<number, LazyAbortController>();
  const watchControllers = new Set<LazyAbortController>();
  let others = 0;
  let ended = false;
  let drained: Promise<void> | undefined;

  const packer = agreeToPack(call)
    ? new MessagePacker<SessionResponseMessage>({
        write: (messages) => write(messages.length === 1 && messages[0] ? messages[0] : { packed: messages }),
        sizeOf: (message) => (message.response === 'event' ? message.event.object.length : 0),
      })
    : undefined;

  /** Resolves when the stream takes more; only those who can wait do. */
  function respond(id: number, response: Response): Promise<void> | undefined {
    const message = { id, ...response } as SessionResponseMessage;
    if (packer) packer.add(message);
    else write(message);
    return drained;
  }

  function write(message: Parameters<Call['write']>[0]): void {
    if (call.destroyed || call.cancelled || call.writableEnded || call.write(message)) return;
    drained ??= new Promise((resolve) => {
      const resume = () => {
        call.off('drain', resume);
        call.off('close', resume);
        call.off('cancelled', resume);
        drained = undefined;
        resolve();
      };
      call.on('drain', resume);
      call.on('close', resume);
      call.on('cancelled', resume);
    });
  }

  function end(): void {
    packer?.flush();
    call.end();
  }

  async function unary(id: number, kind: keyof UnaryMessages, message: never, end: LazyAbortController): Promise<void> {
    const object = await options.performer.unary(kind, message, { user, end, peer });
    // A slow reader keeps its place in flight, so that what waits for it is bounded.
    await respond(id, { object: { object } });
  }

  async function watch(id: number, message: WatchMessage, end: LazyAbortController): Promise<void> {
    if (watchControllers.size > maxWatches)
      throw new ApiError('TooManyRequests', `more than ${maxWatches} watches on one stream`);
    const watched = await options.performer.watch(message, { user, end, peer });
    await sendWatch(message, watched, end, (event) => respond(id, { event }));
    await respond(id, { done: {} });
  }

  async function perform(message: SessionRequestMessage, controller: LazyAbortController): Promise<void> {
    const { id } = message;
    switch (message.request) {
      case 'watch':
        return watch(id, message.watch, controller);
      case 'spans':
        options.receiveSpans(message.spans.spans);
        await respond(id, { done: {} });
        return;
      case 'cancel':
        return;
      case undefined:
        throw new ApiError('BadRequest', 'the request is empty');
      default:
        return unary(id, message.request, (message as never)[message.request], controller);
    }
  }

  async function run(message: SessionRequestMessage): Promise<void> {
    const { id } = message;
    const isWatch = message.request === 'watch';
    if (running.has(id)) {
      await respond(id, {
        failure: { status: encodeStatus(new ApiError('BadRequest', `request id ${id} is in use`)) },
      });
      return;
    }
    const controller = new LazyAbortController();
    const timer = isWatch ? undefined : setTimeout(() => controller.abort(timeout()), requestTimeoutMs);
    running.set(id, controller);
    if (isWatch) watchControllers.add(controller);
    else others += 1;
    if (others >= maxInFlight) call.pause();
    try {
      await perform(message, controller);
    } catch (thrown) {
      const error = toApiError(controller.aborted && !isWatch ? controller.reason : thrown);
      if (error.code >= 500) options.onError(thrown);
      await respond(id, { failure: { status: encodeStatus(error) } });
    } finally {
      clearTimeout(timer);
      running.delete(id);
      if (isWatch) watchControllers.delete(controller);
      else others -= 1;
      if (others < maxInFlight && call.isPaused()) call.resume();
      if (ended && running.size === 0) end();
    }
  }

  const receive = (message: SessionRequestMessage): void => {
    if (message.request === 'cancel') running.get(message.id)?.abort(cancelled());
    else run(message).catch(options.onError);
  };
  call.on('data', (message: Packed<SessionRequestMessage>) => {
    if (message.packed?.length) message.packed.forEach(receive);
    else receive(message);
  });
  const finish = () => {
    ended = true;
    if (running.size === 0) end();
  };
  call.on('end', finish);
  const stop = () => {
    for (const controller of watchControllers) controller.abort();
    finish();
  };
  if (options.stopping.aborted) stop();
  options.stopping.addEventListener('abort', stop, { once: true });
  const leave = () => {
    options.stopping.removeEventListener('abort', stop);
    for (const controller of running.values()) controller.abort(cancelled());
  };
  call.on('cancelled', leave);
  call.on('close', leave);
  call.on('error', leave);
}

/** Old clients and grpcurl do not ask for it, and are not surprised by it. */
function agreeToPack(call: Call): boolean {
  if (call.metadata.get(PACKING.key)[0] !== PACKING.value) return false;
  const agreed = new Metadata();
  agreed.set(PACKING.key, PACKING.value);
  call.sendMetadata(agreed);
  return true;
}

function timeout(): ApiError {
  return new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout');
}

function cancelled(): ApiError {
  return new ApiError('Timeout', 'the request was cancelled');
}
