import { RuntimeError, type RuntimeErrorKind } from './runtime.js';

interface EngineError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly json?: { readonly message?: string } | null;
  readonly message?: string;
}

/** Errors of the connection to the engine itself. */
const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EACCES']);

/** HTTP status of an engine's answer; undefined where there was none. */
export function statusCodeOf(error: unknown): number | undefined {
  return (error as EngineError | undefined)?.statusCode;
}

/** What the engine itself said, without what the client library puts around it. */
export function engineMessage(error: unknown): string {
  const { json, message = String(error) } = (error ?? {}) as EngineError;
  return (json?.message ?? message.replace(/^\(HTTP code \d+\) .*? - /s, '')).trim();
}

/** Rejects as the contract says: RuntimeError, or the signal's own reason. */
export function toRuntimeError(error: unknown, doing: string, signal?: AbortSignal): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  if (error instanceof RuntimeError) return error;
  const { statusCode, code = '' } = (error ?? {}) as EngineError;
  const text = engineMessage(error);
  return new RuntimeError(kindOf(statusCode, code, text), `${doing}: ${text}`, { cause: error });
}

function kindOf(statusCode: number | undefined, code: string, text: string): RuntimeErrorKind {
  if (statusCode === 404) return 'notFound';
  if (statusCode === 409 && /is not running/.test(text)) return 'notRunning';
  if (statusCode === undefined && (CONNECTION_ERRORS.has(code) || /socket hang up/.test(text))) return 'unreachable';
  return 'refused';
}

/** Runs one engine call. The message has what was being done, once. */
export async function engineCall<T>(
  doing: string,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    throw toRuntimeError(error, doing, signal);
  }
}
