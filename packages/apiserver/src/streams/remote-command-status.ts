import type { Status } from '@kubelab/api';
import type { ExitMessage } from './kubelet/messages.js';

/** How a remote command ended, as the channel for errors says it (remotecommand v4). */
export function statusOfExit(kind: 'exec' | 'attach', { code, error }: ExitMessage): Status {
  if (error !== '') return internalError(`error executing command in container: ${error}`);
  // Who attaches learns of the process's exit code from the pod's status.
  if (code === 0 || kind === 'attach') return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

/** What the protocols before v4 send: nothing for a success, otherwise the text alone. */
export function encodeStatus(status: Status, asText: boolean): Buffer {
  if (!asText) return Buffer.from(JSON.stringify(status));
  return Buffer.from(status.status === 'Success' ? '' : (status.message ?? ''));
}

function internalError(text: string): Status {
  return {
    metadata: {},
    status: 'Failure',
    message: `Internal error occurred: ${text}`,
    reason: 'InternalError',
    details: { causes: [{ message: text }] },
    code: 500,
  };
}
