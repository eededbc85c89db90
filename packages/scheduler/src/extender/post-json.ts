import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { ExtenderTls } from '../config/configuration.js';

/** Sends JSON and resolves with the JSON of a 200 answer; rejects on all else. */
export type PostJson = <T>(url: string, body: unknown, timeoutMs: number) => Promise<T>;

/** Longer answers are refused: 5,000 nodes in full are about 20 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** A client of an extender; keys and certificates are read from their files once. */
export async function createPostJson(tls: ExtenderTls | undefined): Promise<PostJson> {
  const read = async (file: string) => (file === '' ? undefined : await readFile(file));
  const agent = tls
    ? new Agent({
        keepAlive: true,
        ca: await read(tls.caFile),
        cert: await read(tls.certFile),
        key: await read(tls.keyFile),
        rejectUnauthorized: !tls.insecure,
        ...(tls.serverName ? { servername: tls.serverName } : {}),
      })
    : undefined;
  return async <T>(url: string, body: unknown, timeoutMs: number): Promise<T> => {
    const { status, text } = await post(url, JSON.stringify(body), timeoutMs, agent);
    if (status !== 200) throw new Error(`failed ${url} with status ${status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  };
}

function post(
  url: string,
  body: string,
  timeoutMs: number,
  agent: Agent | undefined,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      signal: AbortSignal.timeout(timeoutMs),
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    const outgoing = agent ? httpsRequest(url, { ...options, agent }) : httpRequest(url, options);
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) incoming.destroy(new Error(`the answer of ${url} is too long`));
        else chunks.push(chunk);
      });
      incoming.once('error', reject);
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.end(body);
  });
}
