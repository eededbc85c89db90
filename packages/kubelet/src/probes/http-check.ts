import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { DeepReadonly, HTTPGetAction } from '@kubelab/api';
import { containerPort } from './container-port.js';
import { type HttpHeaders, httpGetHeaders } from './http-headers.js';
import type { ProbeAttempt, ProbeTarget } from './probe-attempt.js';

const MAX_REDIRECTS = 10;
const MAX_BODY_BYTES = 10 * 1024;

/**
 * An answer from 200 to 399 is success. Redirects are followed on the same host
 * only: one that leads elsewhere is an answer.
 */
export async function checkHttp(
  action: DeepReadonly<HTTPGetAction>,
  { container, podIP }: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAttempt> {
  const port = containerPort(action.port, container);
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  let url = new URL(withSlash(action.path ?? '/'), `${scheme}://${bracketed(action.host || podIP)}:${port}`);
  const late = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([late, signal]);
  try {
    for (let redirects = 0; ; redirects += 1) {
      const { status, location, body } = await get(url, action.httpHeaders ?? [], either);
      const next = status >= 300 && status < 400 && location !== undefined ? new URL(location, url) : undefined;
      if (next?.hostname === url.hostname) {
        if (redirects >= MAX_REDIRECTS)
          return { outcome: 'failure', output: failed(url, 'stopped after 10 redirects') };
        url = next;
      } else if (status >= 200 && status < 400) return { outcome: 'success', output: body };
      else return { outcome: 'failure', output: `HTTP probe failed with statuscode: ${status}` };
    }
  } catch (error) {
    signal.throwIfAborted();
    const { hostname, port: portText } = url;
    const problem = late.aborted
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : `dial tcp ${hostname}:${portText || port}: ${socketProblem(error as NodeJS.ErrnoException)}`;
    return { outcome: 'failure', output: failed(url, problem) };
  }
}

function failed(url: URL, problem: string): string {
  return `Get "${url.href}": ${problem}`;
}

/** In the words of connect(2). */
export function socketProblem({ code, message }: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ECONNRESET: 'read: connection reset by peer',
    ETIMEDOUT: 'i/o timeout',
  };
  return words[code ?? ''] ?? message;
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

function get(url: URL, headers: HttpHeaders, signal: AbortSignal): Promise<Answer> {
  const options = {
    headers: httpGetHeaders('probe', headers),
    signal,
    agent: false as const,
    // Probes ask whether it answers, not who it is.
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, (response) => {
      readBody(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
      }, reject);
    });
    request.once('error', reject);
    request.end();
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = Buffer.alloc(0);
  for await (const chunk of response) {
    body = Buffer.concat([body, chunk as Buffer]);
    // Leaving the loop ends the connection.
    if (body.length >= MAX_BODY_BYTES) break;
  }
  return body.subarray(0, MAX_BODY_BYTES).toString('utf8');
}
