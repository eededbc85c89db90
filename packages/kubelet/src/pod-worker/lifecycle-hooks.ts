import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { DeepReadonly, HTTPGetAction, LifecycleHandler } from '@kubelab/api';
import { sleep } from '@kubelab/runtime';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import type { ReadonlyContainer } from '../pod.js';
import { containerPort } from '../probes/container-port.js';

export interface HookTarget {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  readonly container: ReadonlyContainer;
  /** Where httpGet goes by default. */
  readonly podIP: string;
}

/** How much of a hook's output its error tells. */
const MAX_OUTPUT_BYTES = 1024;

/** Runs a postStart or preStop handler to its end. Rejects with why it failed. */
export async function runLifecycleHook(
  handler: DeepReadonly<LifecycleHandler>,
  target: HookTarget,
  signal: AbortSignal,
): Promise<void> {
  if (handler.exec) return execHook(handler.exec.command ?? [], target, signal);
  if (handler.httpGet) return httpHook(handler.httpGet, target, signal);
  if (handler.sleep) await sleep(handler.sleep.seconds * 1000, signal);
}

async function execHook(command: readonly string[], target: HookTarget, signal: AbortSignal): Promise<void> {
  const options = { command, stdin: false, stdout: true, stderr: true, tty: false };
  const process = await target.runtime.exec(target.containerId, options, signal);
  let output = Buffer.alloc(0);
  for await (const { data } of process.output) {
    if (output.length < MAX_OUTPUT_BYTES) output = Buffer.concat([output, data]).subarray(0, MAX_OUTPUT_BYTES);
  }
  signal.throwIfAborted();
  const exitCode = await process.exitCode();
  if (exitCode !== 0) {
    throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output.toString('utf8')}`);
  }
}

function httpHook(action: DeepReadonly<HTTPGetAction>, target: HookTarget, signal: AbortSignal): Promise<void> {
  const { scheme = 'HTTP', host, path = '/', httpHeaders = [] } = action;
  const options = {
    host: host || target.podIP,
    port: containerPort(action.port, target.container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
    signal,
    // As kubelets do: hooks and probes do not verify certificates.
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const request = (scheme === 'HTTPS' ? requestHttps : requestHttp)(options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode >= 200 && statusCode < 400) resolve();
      else reject(new Error(`HTTP hook answered with status ${statusCode}`));
    });
    request.on('error', reject);
    request.end();
  });
}
