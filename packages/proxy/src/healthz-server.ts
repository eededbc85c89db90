import { createServer, type Server, type ServerResponse } from 'node:http';
import { parseHostPort } from '@kubelab/runtime';

/** How far the kernel's rules are behind what was heard. */
export interface Freshness {
  /** When the rules were last brought up to date; undefined before the first time. */
  readonly updatedMs: number | undefined;
  /** Since when a change waits for its rules; undefined where none does. */
  readonly waitingSinceMs: number | undefined;
}

/** Longer than this no change waits on a node that works. */
const MAX_WAIT_MS = 60_000;

/**
 * What kube-proxy says to the load balancers in front of a node, on /healthz and
 * /livez: 200 while no change has waited too long for its rules, else 503. A
 * healthy proxy's `lastUpdated` is now, though nothing changed for long.
 */
export function answerHealthz({ updatedMs, waitingSinceMs }: Freshness, nowMs: number) {
  const isHealthy = updatedMs !== undefined && (waitingSinceMs === undefined || nowMs - waitingSinceMs <= MAX_WAIT_MS);
  const lastUpdated = goTime(isHealthy ? nowMs : (updatedMs ?? 0));
  const body = JSON.stringify({ lastUpdated, currentTime: goTime(nowMs), nodeEligible: true });
  return { status: isHealthy ? 200 : 503, body };
}

/** A time as Go prints it, which is what readers of this body know. */
function goTime(timeMs: number): string {
  const [date, time = ''] = new Date(timeMs).toISOString().split('T');
  return `${date} ${time.replace('Z', '')} +0000 UTC`;
}

/** Serves it at `HOST:PORT` until the signal. @throws where the address is taken */
export async function serveHealthz(
  address: string,
  freshness: () => Freshness,
  signal: AbortSignal,
): Promise<{ readonly address: string; readonly closed: Promise<void> }> {
  const { host, port } = parseHostPort(address);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== '/healthz' && pathname !== '/livez')
      return send(response, 404, 'text/plain', '404 page not found\n');
    const { status, body } = answerHealthz(freshness(), Date.now());
    return send(response, status, 'application/json', body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const closed = new Promise<void>((resolve) => server.once('close', resolve));
  const close = () => void server.close().closeAllConnections();
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
  return { address: addressOf(server), closed };
}

function addressOf(server: Server): string {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? `${bound.address}:${bound.port}` : '';
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(body);
}
