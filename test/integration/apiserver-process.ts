import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type RequestOptions } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createCertificateAuthority, issueCertificate, writeKeyPair } from '@kubelab/runtime/certificates';
import { build } from 'esbuild';
import { type Answer, fetchOnce, kubeconfigText, type RequestInput } from './apiserver-fixture.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 30_000;

/** An apiserver that is a process of its own, at the same ports after every restart. */
export interface ApiserverProcess {
  readonly kubeconfig: string;
  readonly pid: number;
  requestOptions(path: string, input?: RequestInput): RequestOptions;
  fetch(path: string, input?: RequestInput): Promise<Answer>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
  /** Resolves once it is ready. */
  start(): Promise<void>;
  /** What it has written to its log. */
  log(): string;
  /** Ends it and removes what was made for it. */
  stop(): Promise<void>;
}

export interface ApiserverProcessInput {
  readonly etcd: string;
  readonly flags?: readonly string[];
  /** Of node itself. */
  readonly nodeFlags?: readonly string[];
}

/** The sources as one file, so that no stale build is tested. */
export async function startApiserverProcess(input: ApiserverProcessInput): Promise<ApiserverProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'kubelab-apiserver-process-'));
  const bundle = await bundleApiserver();
  const authority = await createCertificateAuthority({ commonName: 'kubelab-ca' });
  const serving = await issueCertificate(authority, {
    commonName: 'apiserver',
    usages: ['server'],
    dnsNames: ['localhost'],
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
  const [securePort, grpcPort] = await Promise.all([freePort(), freePort()]);
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(securePort, authority, admin), { mode: 0o600 });
  const logFile = join(directory, 'apiserver.log');
  const args = [
    ...(input.nodeFlags ?? []),
    bundle,
    `--etcd-servers=${input.etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${securePort}`,
    `--grpc-port=${grpcPort}`,
    '--advertise-address=192.0.2.1',
    `--tls-cert-file=${certFile}`,
    `--tls-key-file=${keyFile}`,
    `--client-ca-file=${caFile}`,
    ...(input.flags ?? []),
  ];
  const identity = { ca: authority.certificatePem, cert: admin.certificatePem, key: admin.privateKeyPem };
  const agent = new Agent({ keepAlive: true, ...identity });
  const requestOptions = (path: string, { method = 'GET', headers, body }: RequestInput = {}): RequestOptions => ({
    host: '127.0.0.1',
    port: securePort,
    path,
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    agent,
  });
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  };
  const start = async (): Promise<void> => {
    const output = openSync(logFile, 'a');
    const started = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', output, output] });
    closeSync(output);
    child = started;
    await untilReady(requestOptions('/readyz'), started, () => readFileSync(logFile, 'utf8'));
  };
  const leave = () => void child?.kill('SIGKILL');
  process.on('exit', leave);
  await start();
  return {
    kubeconfig,
    get pid() {
      return child?.pid ?? 0;
    },
    requestOptions,
    fetch: (path, request = {}) => fetchOnce(requestOptions(path, request), request.body),
    kill,
    start,
    log: () => readFileSync(logFile, 'utf8'),
    async stop() {
      process.off('exit', leave);
      agent.destroy();
      await kill();
      await Promise.all([rm(directory, { recursive: true, force: true }), rm(bundle, { force: true })]);
    },
  };
}

async function untilReady(options: RequestOptions, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await fetchOnce(options, undefined).catch(() => undefined);
    if (answer?.status === 200) return;
    if (child.exitCode !== null || performance.now() > deadline) {
      throw new Error(`the apiserver is not ready: ${log().slice(-4000)}`);
    }
    await delay(50);
  }
}

async function bundleApiserver(): Promise<string> {
  const outfile = join(ROOT, `packages/apiserver/node_modules/.cache/test-${process.pid}-${Date.now()}.mjs`);
  await build({
    entryPoints: [join(ROOT, 'packages/apiserver/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    alias: {
      '@kubelab/runtime/certificates': join(ROOT, 'packages/runtime/src/certificates.ts'),
      '@kubelab/runtime/describe-proto': join(ROOT, 'packages/runtime/src/describe-proto.ts'),
      '@kubelab/api': join(ROOT, 'packages/api/src/index.ts'),
      '@kubelab/runtime': join(ROOT, 'packages/runtime/src/index.ts'),
    },
    logLevel: 'error',
  });
  return outfile;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
