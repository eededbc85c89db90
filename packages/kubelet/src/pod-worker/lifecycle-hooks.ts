import { request as requestHttp } from 'node:http';
import { type RequestOptions, request as requestHttps } from 'node:https';
import type { DeepReadonly, HTTPGetAction, LifecycleHandler } from '@kubelab/api';
import { sleep, type TraceContext } from '@kubelab/runtime';
import type { Logger } from 'pino';
import type { ContainerRuntime } from '../container-runtime/runtime.js';
import type { ReadonlyContainer, ReadonlyPod } from '../pod.js';
import { containerFieldPath, type PodEvents } from '../pod-events.js';
import { containerPort } from '../probes/container-port.js';
import { httpGetHeaders } from '../probes/http-headers.js';

/** What runs a pod's hooks, and where its people are told. */
interface HookContext {
  readonly runtime: ContainerRuntime;
  readonly events: PodEvents;
  readonly log: Logger;
}

interface Hook {
  readonly name: 'PostStart' | 'PreStop';
  readonly pod: ReadonlyPod;
  readonly container: ReadonlyContainer;
  readonly containerId: string;
  /** Where httpGet goes by default. */
  readonly podIP: string;
  readonly trace: TraceContext | undefined;
}

/**
 * Runs a container's hook to its end, or until `late` is aborted. Rejects with why it failed, once the
 * pod's events tell that it did. They do not tell why, for what a hook says may be secret: that is for the log.
 */
export async function runContainerHook(
  { runtime, events, log }: HookContext,
  { name, pod, container, containerId, podIP, trace }: Hook,
  handler: DeepReadonly<LifecycleHandler>,
  signal: AbortSignal,
  late: AbortSignal = signal,
): Promise<void> {
  const about = { fieldPath: containerFieldPath(pod, container.name), trace };
  const onHttpFallback = (host: string) => {
    const message = `request to HTTPS lifecycle hook ${host} got HTTP response, retry with HTTP succeeded`;
    events.warning(pod, 'LifecycleHTTPFallback', message, about);
  };
  try {
    await runLifecycleHook(
      handler,
      { runtime, containerId, container, podIP, onHttpFallback },
      AbortSignal.any([signal, late]),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    const { namespace, name: podName } = pod.metadata;
    log.warn({ pod: `${namespace}/${podName}`, container: container.name, error }, `${name} hook failed`);
    events.warning(pod, `Failed${name}Hook`, `${name}Hook failed`, about);
    throw error;
  }
}

interface HookTarget {
  readonly runtime: ContainerRuntime;
  readonly containerId: string;
  readonly container: ReadonlyContainer;
  /** Where httpGet goes by default. */
  readonly podIP: string;
  /** Told the address where what was to speak HTTPS speaks HTTP, and was asked so. */
  readonly onHttpFallback: (host: string) => void;
}

/** How much of a hook's output its error tells. */
const MAX_OUTPUT_BYTES = 1024;

async function runLifecycleHook(
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

/** Any answer will do: a hook tells, it does not ask. */
async function httpHook(
  { scheme = 'HTTP', host, port, path = '/', httpHeaders = [] }: DeepReadonly<HTTPGetAction>,
  { container, podIP, onHttpFallback }: HookTarget,
  signal: AbortSignal,
): Promise<void> {
  const request = {
    host: host || podIP,
    port: containerPort(port, container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: httpGetHeaders('lifecycle', httpHeaders),
    signal,
    agent: false as const,
    // As kubelets do: hooks and probes do not verify certificates.
    rejectUnauthorized: false,
  };
  if (scheme !== 'HTTPS') return answered(requestHttp, request);
  try {
    await answered(requestHttps, request);
  } catch (error) {
    if (!speaksPlainHttp(error)) throw error;
    const { authorization, ...headers } = request.headers;
    await answered(requestHttp, { ...request, headers });
    onHttpFallback(`${request.host}:${request.port}`);
  }
}

function answered(send: typeof requestHttp | typeof requestHttps, options: RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = send(options, (response) => {
      response.destroy();
      resolve();
    });
    request.once('error', reject);
    request.end();
  });
}

/** Where the TLS client met an HTTP server's answer. */
function speaksPlainHttp(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EPROTO' && /wrong version number|packet length too long/.test(message);
}
