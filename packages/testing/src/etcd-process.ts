import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface EtcdProcessOptions {
  /** Serve clients over TLS and, with an authority, ask them for a certificate of its. Plain http by default. */
  readonly tls?: { readonly caFile?: string; readonly certFile: string; readonly keyFile: string };
  /** More etcd flags, `--quota-backend-bytes=…`. */
  readonly flags?: readonly string[];
}

/** A real etcd of one member: a child process with its data in a temporary directory. */
export interface EtcdProcess {
  /** `http://127.0.0.1:PORT`, or https with TLS. The same after every restart. */
  readonly endpoint: string;
  /** SIGKILL, as a crash. Resolves once the process is gone; the data stays. */
  kill(): Promise<void>;
  /** It stops answering, and its connections stay open. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Starts it again on its data, after a SIGKILL if it still runs. Resolves once it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 20_000;

/** Starts `etcd` (from PATH) on free ports. Rejects with its log when it does not come up in 20 s. */
export async function startEtcd(options: EtcdProcessOptions = {}): Promise<EtcdProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'kubelab-etcd-'));
  const logFile = join(directory, 'etcd.log');
  const [clientPort, peerPort] = await Promise.all([freePort(), freePort()]);
  const scheme = options.tls ? 'https' : 'http';
  const endpoint = `${scheme}://127.0.0.1:${clientPort}`;
  const flags = etcdFlags(join(directory, 'data'), endpoint, `http://127.0.0.1:${peerPort}`, options);

  let child: ChildProcess | undefined;
  const leave = (): void => {
    child?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  // A test process that ends early must not leave its etcd behind.
  process.on('exit', leave);

  const start = async (): Promise<void> => {
    const log = openSync(logFile, 'a');
    const started = spawn('etcd', flags, { stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    started.on('error', () => {});
    try {
      await waitUntilHealthy(endpoint, () => checkRuns(started));
    } catch (error) {
      throw new Error(`etcd did not start: ${readFileSync(logFile, 'utf8').slice(-4000)}`, { cause: error });
    }
  };
  const kill = async (): Promise<void> => {
    const running = child;
    if (running && running.exitCode === null && running.signalCode === null) {
      running.kill('SIGKILL');
      await once(running, 'exit');
    }
    child = undefined;
  };
  const stop = async (): Promise<void> => {
    await kill();
    process.off('exit', leave);
    rmSync(directory, { recursive: true, force: true });
  };

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoint,
    kill,
    pause: async () => {
      child?.kill('SIGSTOP');
      const threads = `/proc/${child?.pid}/task`;
      // The signal is sent at once, but each thread stops in its own time.
      while (!readdirSync(threads).every((thread) => isStopped(`${threads}/${thread}/stat`))) await delay(1);
    },
    resume: async () => void child?.kill('SIGCONT'),
    restart: async () => {
      await kill();
      await start();
    },
    stop,
  };
}

/** Its third field is the state; the second, the command's name, is in brackets. */
function isStopped(statFile: string): boolean {
  const stat = readFileSync(statFile, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

function etcdFlags(dataDirectory: string, client: string, peer: string, options: EtcdProcessOptions): string[] {
  const flags = [
    '--name=test',
    `--data-dir=${dataDirectory}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=test=${peer}`,
    '--logger=zap',
    '--log-level=warn',
  ];
  if (options.tls) {
    flags.push(
      `--cert-file=${options.tls.certFile}`,
      `--key-file=${options.tls.keyFile}`,
      ...(options.tls.caFile ? [`--trusted-ca-file=${options.tls.caFile}`, '--client-cert-auth'] : []),
    );
  }
  return [...flags, ...(options.flags ?? [])];
}

function checkRuns(child: ChildProcess): void {
  if (child.pid === undefined) throw new Error('etcd is not installed');
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`etcd ended with ${child.exitCode}`);
}

/** Resolves once etcd answers; `check` may throw to end the wait early. */
export async function waitUntilHealthy(endpoint: string, check: () => void = () => {}): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (Date.now() < deadline) {
    check();
    if (await answers(endpoint)) return;
    await delay(20);
  }
  throw new Error(`etcd does not answer after ${START_LIMIT_MS} ms`);
}

/** With TLS only that it accepts: /health would need a client certificate, and requests wait until it serves. */
function answers(endpoint: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(endpoint);
  return new Promise((resolve) => {
    if (protocol === 'https:') {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
      return;
    }
    const request = get(`${endpoint}/health`, { agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
