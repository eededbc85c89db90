import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsMaterial } from '@kubelab/runtime';
import { createCertificateAuthority, issueCertificate } from '@kubelab/runtime/certificates';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../measure/until.js';
import { createRestClient, type RestClient } from './rest-client.js';

describe('createRestClient', () => {
  let server: Server;
  let client: RestClient;
  let connections = 0;

  beforeAll(async () => {
    const authority = await createCertificateAuthority({ commonName: 'test' });
    const issue = async (usage: 'client' | 'server'): Promise<TlsMaterial> => {
      const ipAddresses = usage === 'server' ? ['127.0.0.1'] : [];
      const pair = await issueCertificate(authority, { commonName: usage, usages: [usage], ipAddresses });
      const buffers = [authority.certificatePem, pair.certificatePem, pair.privateKeyPem].map((pem) =>
        Buffer.from(pem),
      );
      const [ca = Buffer.alloc(0), cert = ca, key = ca] = buffers;
      return { ca, cert, key };
    };
    const tls = await issue('server');
    server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      if (incoming.url === '/silent') return;
      if (incoming.url === '/half') return response.writeHead(200).write('{');
      if (incoming.url === '/missing') return response.writeHead(404).end('{"reason":"NotFound"}');
      if (incoming.url === '/watch') return response.writeHead(200).write('{"a":1}\n{"b"');
      const { method, headers } = incoming;
      response.end(JSON.stringify({ method, type: headers['content-type'], body: Buffer.concat(chunks).toString() }));
    });
    server.on('secureConnection', () => {
      connections += 1;
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    client = createRestClient(`https://127.0.0.1:${port}`, await issue('client'), {}, 300);
  });

  afterAll(async () => {
    client.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it.each(['/silent', '/half'])('does not wait for ever for an answer: %s', async (path) => {
    await expect(client.get(path)).rejects.toThrow();
    connections = 0;
  });

  it('sends JSON with a client certificate over one connection that it keeps', async () => {
    expect(await client.create('/things', { name: 'x' })).toEqual({
      method: 'POST',
      type: 'application/json',
      body: '{"name":"x"}',
    });
    expect(await client.get('/things')).toMatchObject({ method: 'GET', body: '' });
    await client.delete('/things/x');
    expect(connections).toBe(1);
  });

  it('rejects with the status and what was said', async () => {
    await expect(client.get('/missing')).rejects.toMatchObject({
      status: 404,
      message: 'GET /missing: 404 {"reason":"NotFound"}',
    });
  });

  it('hands on whole lines of a watch until it is stopped', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    await client.watch('/watch', (line) => lines.push(line), stop.signal);
    await until('a line', () => lines.length > 0, { signal: stop.signal, limitMs: 5_000 });
    stop.abort();
    expect(lines).toEqual(['{"a":1}']);
  });
});
