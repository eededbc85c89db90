import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DebugPages } from './debug-pages.js';
import { createHealthChecks, type HealthRegistry } from './health.js';
import { counterIn } from './metrics.js';
import { type MetricsServer, startMetricsServer } from './metrics-server.js';

let server: MetricsServer;
let health: HealthRegistry;
let metrics: Registry;
let debugPages: DebugPages;

beforeEach(async () => {
  health = createHealthChecks();
  metrics = new Registry();
  debugPages = new Map();
  server = await startMetricsServer('127.0.0.1:0', { metrics, health, debugPages });
});
afterEach(() => server.close());

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${server.address}${path}`);
  return { status: response.status, body: await response.text() };
}

describe('startMetricsServer', () => {
  it('serves metrics', async () => {
    counterIn(metrics, { name: 'kubelab_x_total', help: 'x' }).inc();
    counterIn(metrics, { name: 'kubelab_x_total', help: 'x' }).inc();
    const { status, body } = await get('/metrics');
    expect(status).toBe(200);
    expect(body).toContain('kubelab_x_total 2');
  });

  it('is not ready before it is said that all checks are there', async () => {
    health.add('ping', 'live', () => {});
    expect(await get('/livez')).toEqual({ status: 200, body: 'ok' });
    expect(await get('/readyz')).toEqual({
      status: 500,
      body: '[+]ping ok\n[-]startup failed: the process is starting\nreadyz check failed\n',
    });
    health.complete();
    expect(await get('/readyz?verbose')).toEqual({ status: 200, body: '[+]ping ok\nreadyz check passed\n' });
  });

  it('answers debug pages that there are, as JSON', async () => {
    debugPages.set('sizes', (query) => ({ pods: 2, since: query.get('since') }));
    expect(await get('/debug/sizes?since=7')).toEqual({ status: 200, body: '{"pods":2,"since":"7"}\n' });
    expect(await get('/debug/other')).toMatchObject({ status: 404 });
    debugPages.set('/proxyMode', () => 'nftables');
    expect(await get('/proxyMode')).toEqual({ status: 200, body: 'nftables' });
  });

  it('tells live from ready', async () => {
    health.complete();
    health.add('ping', 'live', () => {});
    health.add('informers', 'ready', () => Promise.reject(new Error('not synced')));
    expect(await get('/healthz')).toEqual({ status: 200, body: 'ok' });
    expect(await get('/livez?verbose')).toEqual({ status: 200, body: '[+]ping ok\nlivez check passed\n' });
    expect(await get('/readyz')).toEqual({
      status: 500,
      body: '[+]ping ok\n[-]informers failed: not synced\nreadyz check failed\n',
    });
    expect(await get('/readyz?exclude=informers')).toEqual({ status: 200, body: 'ok' });
    expect((await get('/readyz/informers')).status).toBe(500);
    expect((await get('/readyz/ping')).status).toBe(200);
    expect((await get('/readyz/nothing')).status).toBe(404);
  });

  it('answers nothing else', async () => {
    expect((await get('/')).status).toBe(404);
    const response = await fetch(`http://${server.address}/healthz`, { method: 'POST' });
    expect(response.status).toBe(405);
  });

  it('rejects where the port is taken or the address is none', async () => {
    await expect(startMetricsServer(server.address, { metrics, health })).rejects.toThrow('EADDRINUSE');
    await expect(startMetricsServer('nowhere', { metrics, health })).rejects.toThrow('"nowhere"');
  });
});

it('refuses two checks of one name', () => {
  const checks = createHealthChecks();
  checks.add('ping', 'live', () => {});
  expect(() => checks.add('ping', 'ready', () => {})).toThrow('ping');
});
