import { ApiError } from '@kubelab/api';
import { formatTraceparent } from '@kubelab/runtime';
import type { ExecStartMessage } from './kubelet/messages.js';
import { booleanOf } from './query-values.js';
import type { StreamRequest } from './stream-handlers.js';
import { chooseContainer, targetOf } from './target-container.js';

/**
 * PodExecOptions or PodAttachOptions, from a query. With a terminal there is
 * one output: stderr is not asked for then.
 * @throws ApiError BadRequest for what makes no sense
 */
export function readRemoteCommandOptions({ subresource, pod, query, trace }: StreamRequest): ExecStartMessage {
  const container = chooseContainer(pod, query.get('container'));
  const tty = booleanOf(query, 'tty');
  const options: ExecStartMessage = {
    target: targetOf(pod, container),
    command: subresource === 'exec' ? query.getAll('command') : [],
    stdin: booleanOf(query, 'stdin'),
    stdout: booleanOf(query, 'stdout'),
    stderr: booleanOf(query, 'stderr') && !tty,
    tty,
    traceparent: trace ? formatTraceparent(trace) : '',
  };
  if (subresource === 'exec' && options.command.length === 0) {
    throw new ApiError('BadRequest', 'you must specify at least 1 command for the container');
  }
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw new ApiError('BadRequest', 'you must specify at least 1 of stdin, stdout, stderr');
  }
  return options;
}
