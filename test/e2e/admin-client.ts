import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { TestCluster } from './kubelab-command.js';

export interface Answer {
  readonly status: number;
  readonly body: {
    readonly kind?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field?: string }[] };
    readonly items?: readonly { readonly metadata: { readonly name: string } }[];
  };
}

/** One request of the cluster's administrator over REST, JSON both ways. */
export async function ask(cluster: TestCluster, method: string, path: string, body?: unknown): Promise<Answer> {
  const { address } = await cluster.component('apiserver');
  const pki = (file: string): Buffer => readFileSync(join(cluster.stateDir, 'pki', file));
  const options = { method, ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key'), agent: false };
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, address), { ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'];
        resolve({ status: response.statusCode ?? 0, body: parsed });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}
