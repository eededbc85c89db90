import { readFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { ExternalEtcd } from './cluster.js';

const LIMIT_MS = 5_000;

/**
 * Deletes all that a cluster has in an etcd of the user's, and nothing else.
 * Over etcd's JSON gateway, which is on unless the user has turned it off.
 * Resolves with how many keys there were; rejects where no server takes the request.
 */
export async function emptyExternalEtcd({
  servers,
  prefix,
  caFile,
  certFile,
  keyFile,
}: ExternalEtcd & { readonly prefix: string }): Promise<number> {
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => file && readFile(file)));
  // From PREFIX/ to what comes behind everything that begins so: "0" comes behind "/".
  const range = { key: base64(`${prefix}/`), range_end: base64(`${prefix}0`) };
  let last: unknown = new Error('no server is named');
  for (const server of servers) {
    try {
      const answer = await post(new URL('/v3/kv/deleterange', server), range, {
        ...(ca ? { ca } : {}),
        ...(cert ? { cert } : {}),
        ...(key ? { key } : {}),
      });
      return Number((answer as { deleted?: string }).deleted ?? 0);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function post(url: URL, body: unknown, tls: object): Promise<unknown> {
  const text = JSON.stringify(body);
  const options: RequestOptions = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    signal: AbortSignal.timeout(LIMIT_MS),
    ...tls,
  };
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === 'https:' ? requestSecurely : request)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(answer));
        else reject(new Error(`${url.host} answers ${response.statusCode}: ${answer.slice(0, 200)}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}
