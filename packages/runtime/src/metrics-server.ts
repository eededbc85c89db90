import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { parseHostPort } from './address.js';
import type { DebugPages } from './debug-pages.js';
import type { HealthRegistry } from './health.js';

export interface MetricsServer {
  /** `HOST:PORT` that it listens on, the port filled in. */
  readonly address: string;
  close(): Promise<void>;
}

interface MetricsSources {
  readonly metrics: Registry;
  readonly health: HealthRegistry;
  readonly debugPages?: DebugPages;
}

/**
 * Serves /metrics, the health endpoints and debug pages over plain HTTP. These answer as
 * Kubernetes' do: `ok`, or with ?verbose (and always on failure, status 500) a
 * line a check; /readyz/NAME asks for one check, ?exclude=NAME leaves one out.
 */
export async function startMetricsServer(address: string, sources: MetricsSources): Promise<MetricsServer> {
  const { host, port } = parseHostPort(address);
  const server = createServer((request, response) => {
    answer(request, response, sources).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, `${error instanceof Error ? error.message : String(error)}\n`);
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    address: `${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, health, debugPages }: MetricsSources,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'method not allowed\n');
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/metrics') return send(response, 200, await metrics.metrics(), metrics.contentType);
  const text = debugPages?.get(url.pathname);
  if (text) return send(response, 200, String(text(url.searchParams)));
  const [, endpoint = '', name] = url.pathname.split('/');
  const page = endpoint === 'debug' && name !== undefined ? debugPages?.get(name) : undefined;
  if (page) return send(response, 200, `${JSON.stringify(page(url.searchParams))}\n`, 'application/json');
  if (endpoint !== 'healthz' && endpoint !== 'livez' && endpoint !== 'readyz') {
    return send(response, 404, '404 page not found\n');
  }
  const { status, body } = await checkHealth(health, endpoint, name, url.searchParams);
  return send(response, status, body);
}

/** What a health endpoint answers; for the REST face too, which serves the same paths. */
export async function checkHealth(
  health: HealthRegistry,
  endpoint: 'healthz' | 'livez' | 'readyz',
  name: string | undefined,
  query: URLSearchParams,
): Promise<{ status: number; body: string }> {
  const excluded = new Set(query.getAll('exclude'));
  const results = (await health.run(endpoint === 'readyz' ? 'ready' : 'live')).filter(
    (result) => name === undefined || result.name === name,
  );
  if (name !== undefined && results.length === 0) return { status: 404, body: '404 page not found\n' };
  const failed = results.some((result) => result.error && !excluded.has(result.name));
  if (!failed && !query.has('verbose')) return { status: 200, body: 'ok' };
  const lines = results.map((result) => {
    if (excluded.delete(result.name)) return `[+]${result.name} excluded: ok`;
    return result.error ? `[-]${result.name} failed: ${result.error.message}` : `[+]${result.name} ok`;
  });
  if (excluded.size > 0) {
    const names = [...excluded].map((unknown) => `"${unknown}"`).join(', ');
    lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
  }
  lines.push(`${endpoint} check ${failed ? 'failed' : 'passed'}`);
  return { status: failed ? 500 : 200, body: `${lines.join('\n')}\n` };
}

function send(response: ServerResponse, status: number, body: string, contentType = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
  response.end(body);
}
