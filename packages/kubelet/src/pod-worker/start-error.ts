import type { RuntimeError } from '../container-runtime/runtime.js';
import { ContainerConfigError } from '../environment.js';
import { ImageError } from '../images/image-error.js';
import type { Waiting } from '../status/container-status.js';

export type StartFailureReason =
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError';

/** A container that could not be started, and which step it was. */
export class StartError extends Error {
  override readonly name = 'StartError';
  constructor(
    readonly reason: StartFailureReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The waiting state that tells of it. */
export function waitingFor(error: unknown): Waiting {
  const { message } = error as Error;
  if (error instanceof ImageError || error instanceof StartError) return { reason: error.reason, message };
  if (error instanceof ContainerConfigError) return { reason: 'CreateContainerConfigError', message };
  return { reason: 'CreateContainerError', message: (error as RuntimeError).message };
}
