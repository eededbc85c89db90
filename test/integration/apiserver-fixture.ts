import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ApiserverOptions,
  createApiserver,
  type ListeningPorts,
  parseApiserverOptions,
  type StreamHandlers,
} from '@kubelab/apiserver';
import { createHealthChecks, createTracer } from '@kubelab/runtime';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
  writeKeyPair,
} from '@kubelab/runtime/certificates';
import { pino } from 'pino';
import { Registry } from 'prom-client';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly json: any;
}

export interface RequestInput {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON unless it is a string or bytes. */
  readonly body?: unknown;
  /** Default: kubernetes-admin's. `null`: no certificate. */
  readonly identity?: KeyPair | null;
}

/** An apiserver in this process, on an etcd that the test has started. */
export interface RunningApiserver extends ListeningPorts {
  readonly kubeconfig: string;
  readonly authority: CertificateAuthority;
  readonly admin: KeyPair;
  fetch(path: string, input?: RequestInput): Promise<Answer>;
  /** Options for node:https, for who needs the stream itself. */
  requestOptions(path: string, input?: RequestInput): RequestOptions;
  kubectl(
    args: readonly string[],
    options?: { binary?: string; stdin?: string },
  ): Promise<{ stdout: string; stderr: string; code: number }>;
  /** Asks it to stop, as SIGTERM does; resolves once it has. */
  shutDown(): Promise<void>;
  /** The same, and removes what the test made of files and connections. */
  stop(): Promise<void>;
}

export interface ApiserverInput {
  readonly etcd: string;
  readonly flags?: readonly string[];
  /** To share a cluster with another server. */
  readonly authority?: CertificateAuthority;
  readonly name?: string;
  readonly streams?: StreamHandlers;
}

const exec = promisify(execFile);

/** Servers of one cluster sign tokens with one key. */
const tokenKeys = new WeakMap<CertificateAuthority, string>();

function tokenKeyOf(authority: CertificateAuthority): string {
  const known = tokenKeys.get(authority);
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  tokenKeys.set(authority, privateKey);
  return privateKey;
}

export async function startApiserver(input: ApiserverInput): Promise<RunningApiserver> {
  const directory = await mkdtemp(join(tmpdir(), `kubelab-apiserver-${input.name ?? 'a'}-`));
  try {
    return await startIn(directory, input);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  directory: string,
  { etcd, flags = [], authority: given, streams }: ApiserverInput,
): Promise<RunningApiserver> {
  const authority = given ?? (await createCertificateAuthority({ commonName: 'kubelab-ca' }));
  const serving = await issueCertificate(authority, {
    commonName: 'apiserver',
    usages: ['server'],
    dnsNames: ['localhost', 'kubernetes'],
    ipAddresses: ['127.0.0.1'],
  });
  const admin = await issueCertificate(authority, {
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    usages: ['client'],
  });
  const { certFile, keyFile } = await writeKeyPair(directory, 'apiserver', serving);
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, authority.certificatePem);
  const tokenKeyFile = join(directory, 'sa.key');
  await writeFile(tokenKeyFile, tokenKeyOf(authority), { mode: 0o600 });
  const options: ApiserverOptions = parseApiserverOptions([
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    '--grpc-port=0',
    '--advertise-address=192.0.2.1',
    `--tls-cert-file=${certFile}`,
    `--tls-key-file=${keyFile}`,
    `--client-ca-file=${caFile}`,
    `--service-account-signing-key-file=${tokenKeyFile}`,
    '--log-level=silent',
    // Nobody makes service accounts here, unless the test runs the controllers.
    ...(flags.some((flag) => /^--(en|dis)able-admission-plugins=/.test(flag))
      ? []
      : ['--disable-admission-plugins=ServiceAccount']),
    ...flags,
  ]);
  const stop = new AbortController();
  const log = pino({ level: process.env.KUBELAB_TEST_LOG ?? 'silent' });
  let ports: ListeningPorts | undefined;
  let running: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    const apiserver = createApiserver(options, {
      onListening: (listening) => {
        ports = listening;
      },
      onReady: resolve,
      ...(streams ? { streams } : {}),
    });
    const context = {
      log,
      metrics: new Registry(),
      tracer: createTracer({ component: 'apiserver' }),
      health: createHealthChecks(),
    };
    running = apiserver.run(stop.signal, context);
    running.catch(reject);
  });
  if (ports === undefined) throw new Error('it is ready and does not listen');
  const { securePort, grpcPort } = ports;
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(securePort, authority, admin), { mode: 0o600 });
  const agents = new Map<KeyPair | null, Agent>();
  const agentOf = (identity: KeyPair | null): Agent => {
    const agent =
      agents.get(identity) ??
      new Agent({
        keepAlive: true,
        ca: authority.certificatePem,
        ...(identity ? { cert: identity.certificatePem, key: identity.privateKeyPem } : {}),
      });
    agents.set(identity, agent);
    return agent;
  };
  const requestOptions = (path: string, input: RequestInput = {}): RequestOptions => ({
    host: '127.0.0.1',
    port: securePort,
    path,
    method: input.method ?? 'GET',
    headers: {
      ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...input.headers,
    },
    agent: agentOf(input.identity === undefined ? admin : input.identity),
  });
  return {
    securePort,
    grpcPort,
    kubeconfig,
    authority,
    admin,
    requestOptions,
    fetch: (path, input = {}) => fetchOnce(requestOptions(path, input), input.body),
    async kubectl(args, { binary = 'kubectl', stdin } = {}) {
      const child = exec(binary, ['--kubeconfig', kubeconfig, '--cache-dir', join(directory, 'cache'), ...args], {
        maxBuffer: 64 * 1024 * 1024,
      });
      // It may end before it has read all.
      child.child.stdin?.on('error', () => undefined);
      if (stdin !== undefined) child.child.stdin?.end(stdin);
      try {
        return { ...(await child), code: 0 };
      } catch (error) {
        const { stdout = '', stderr = '', code = 1 } = error as { stdout?: string; stderr?: string; code?: number };
        return { stdout, stderr, code };
      }
    },
    async shutDown() {
      stop.abort();
      await running;
    },
    async stop() {
      for (const agent of agents.values()) agent.destroy();
      stop.abort();
      await running;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function fetchOnce(options: RequestOptions, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        let json: unknown;
        try {
          json = JSON.parse(text);
        } catch {
          json = undefined;
        }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    outgoing.once('error', reject);
    if (body === undefined) {
      outgoing.end();
      return;
    }
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    // Node says how long a body is for some methods only; DELETE is not among them.
    outgoing.setHeader('content-length', bytes.length);
    outgoing.end(bytes);
  });
}

export function kubeconfigText(port: number, authority: CertificateAuthority, admin: KeyPair): string {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: `https://127.0.0.1:${port}`,
          'certificate-authority-data': base64(authority.certificatePem),
        },
      },
    ],
    users: [
      {
        name: 'admin',
        user: {
          'client-certificate-data': base64(admin.certificatePem),
          'client-key-data': base64(admin.privateKeyPem),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}
