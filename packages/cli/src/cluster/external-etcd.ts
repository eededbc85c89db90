import { readFile } from 'node:fs/promises';
import { type RequestOptions, request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { ExternalEtcd } from './cluster.js';

const LIMIT_MS = 5_000;

/** Resolves when a server answers that it is well; rejects with what each has to say instead. */
export async function checkExternalEtcd(etcd: ExternalEtcd): Promise<void> {
  await firstAnswer(etcd, '/health', undefined);
}

/**
 * Deletes all that a cluster has in an etcd of the user's, and nothing else.
 * Over etcd's JSON gateway, which is on unless the user has turned it off.
 * Resolves with how many keys there were; rejects where no server takes the request.
 */
export async function emptyExternalEtcd(etcd: ExternalEtcd & { readonly prefix: string }): Promise<number> {
  // From PREFIX/ to what comes behind everything that begins so: "0" comes behind "/".
  const range = { key: base64(`${etcd.prefix}/`), range_end: base64(`${etcd.prefix}0`) };
  const answer = await firstAnswer(etcd, '/v3/kv/deleterange', range);
  return Number((answer as { deleted?: string }).deleted ?? 0);
}

/** Asks one server after the other, until one answers with 200. */
async function firstAnswer(etcd: ExternalEtcd, path: string, body: object | undefined): Promise<unknown> {
  const { servers, caFile, certFile, keyFile } = etcd;
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map((file) => file && readFile(file)));
  const tls = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  const failures: string[] = [];
  for (const server of servers) {
    try {
      return await ask(new URL(path, server), body, tls);
    } catch (error) {
      failures.push(`${server}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(failures.join('; '));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function ask(url: URL, body: object | undefined, tls: object): Promise<unknown> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
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
