import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { status as Code, type Metadata as GrpcMetadata, Metadata } from '@grpc/grpc-js';
import { ApiError, type ErrorReason } from '@kubelab/api';
import { RuntimeError } from '../container-runtime/runtime.js';

/** What streaming calls of a server have in common. */
export interface OutgoingStream<T> {
  write(message: T): boolean;
  end(): unknown;
  emit(event: 'error', error: unknown): boolean;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** Aborts when the client leaves. */
export function signalOf(call: Pick<OutgoingStream<unknown>, 'on'>, server: AbortSignal): AbortSignal {
  const left = new AbortController();
  call.on('cancelled', () => left.abort(new Error('the client has left')));
  return AbortSignal.any([server, left.signal]);
}

/**
 * What the client sends, read at our own pace. The plain iterator would destroy
 * the whole call, answers included, once the client has closed its side.
 */
export function messagesOf<T>(call: Pick<Readable, 'iterator'>): AsyncIterator<T> {
  return call.iterator({ destroyOnReturn: false }) as AsyncIterator<T>;
}

/** Tells the client that its call is served, where the first message may be long in coming. */
export function accept(call: { sendMetadata(metadata: GrpcMetadata): void }): void {
  call.sendMetadata(new Metadata());
}

/** Waits while the client does not read. */
export async function send<T>(call: OutgoingStream<T>, message: T, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!call.write(message)) await once(call as unknown as NodeJS.EventEmitter, 'drain', { signal });
}

const CODES: Partial<Record<ErrorReason, Code>> = {
  BadRequest: Code.INVALID_ARGUMENT,
  NotFound: Code.NOT_FOUND,
  Forbidden: Code.PERMISSION_DENIED,
  ServiceUnavailable: Code.UNAVAILABLE,
};

/** A failure as the end of a stream; the trailer `kubelab-status-bin` has the Status. */
export function toServiceError(error: unknown): { code: Code; details: string; metadata: GrpcMetadata } {
  const failure = error instanceof ApiError ? error : new ApiError(reasonOf(error), (error as Error).message);
  const metadata = new Metadata();
  metadata.set('kubelab-status-bin', Buffer.from(JSON.stringify(failure.toStatus())));
  return { code: CODES[failure.reason] ?? Code.INTERNAL, details: failure.message, metadata };
}

function reasonOf(error: unknown): ErrorReason {
  if (error instanceof RuntimeError && error.kind === 'unreachable') return 'ServiceUnavailable';
  return error instanceof RuntimeError && error.kind === 'notFound' ? 'NotFound' : 'InternalError';
}
