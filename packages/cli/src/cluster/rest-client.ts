import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readTlsMaterial, type TlsMaterial } from '@kubelab/runtime';
import { apiserverUrl } from '../processes/process-plan.js';
import type { Cluster } from './cluster.js';
import type { ClusterPaths } from './cluster-paths.js';

/** The apiserver's REST face as the cluster's administrator: the little of it that commands need. */
export interface RestClient {
  get<T>(path: string): Promise<T>;
  /** True when it was there. */
  delete(path: string): Promise<boolean>;
  /** Lines of a watch, parsed, until the signal. */
  watch<T>(path: string, signal: AbortSignal): AsyncIterable<T>;
}

export async function createRestClient(cluster: Cluster, paths: ClusterPaths): Promise<RestClient> {
  const tls = await readTlsMaterial({
    caFile: join(paths.pkiDir, 'ca.crt'),
    certFile: join(paths.pkiDir, 'admin.crt'),
    keyFile: join(paths.pkiDir, 'admin.key'),
  });
  const url = apiserverUrl(cluster);
  return {
    async get(path) {
      const response = await send(url, 'GET', path, tls);
      const text = await readAll(response);
      if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode} ${text.slice(0, 300)}`);
      return JSON.parse(text);
    },
    async delete(path) {
      const response = await send(url, 'DELETE', path, tls);
      const text = await readAll(response);
      if (response.statusCode === 404) return false;
      if ((response.statusCode ?? 500) >= 300) {
        throw new Error(`DELETE ${path}: ${response.statusCode} ${text.slice(0, 300)}`);
      }
      return true;
    },
    async *watch(path, signal) {
      const response = await send(url, 'GET', path, tls, signal);
      const lines = createInterface({ input: response });
      // A response that is cut off has no end that readline would see.
      response.once('close', () => lines.close());
      try {
        for await (const line of lines) yield JSON.parse(line);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        response.destroy();
      }
    },
  };
}

function send(
  base: string,
  method: string,
  path: string,
  tls: TlsMaterial,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, ...tls, agent: false, headers: { accept: 'application/json' } };
    const outgoing = request(new URL(path, base), { ...options, ...(signal ? { signal } : {}) }, resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
