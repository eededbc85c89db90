import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createOtlpExport } from './otlp-sink.js';

it('sends spans to a collector', async () => {
  const received: { url: string | undefined; body: unknown }[] = [];
  const collector = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ url: request.url, body });
      response.end('{}');
    });
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  try {
    const otlp = await createOtlpExport(`http://127.0.0.1:${port}`, 'kubelet', pino({ level: 'silent' }));
    otlp.sink([
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        parentSpanId: '00f067aa0ba902b7',
        component: 'kubelet/node1',
        name: 'start container',
        startUnixNano: 1_700_000_000_000_001_000n,
        endUnixNano: 1_700_000_000_500_001_000n,
        error: 'image missing',
        attributes: { container: 'nginx' },
      },
    ]);
    await otlp.shutdown();
    expect(received).toHaveLength(1);
    expect(received[0]?.url).toBe('/v1/traces');
    const text = JSON.stringify(received[0]?.body);
    for (const expected of [
      '0af7651916cd43dd8448eb211c80319c',
      'b7ad6b7169203331',
      '00f067aa0ba902b7',
      'start container',
      '1700000000000001000',
      '1700000000500001000',
      'image missing',
      'kubelet/node1',
    ]) {
      expect(text).toContain(expected);
    }
  } finally {
    collector.close();
  }
});
