import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsMaterial } from '@kubelab/runtime';

/** Told to the process on its command line, so that it serves and does nothing else. */
export const BARE_HTTPS_COMMAND = 'serve-bare-https';

/** A server that does nothing but HTTPS, in a process of its own like the apiserver. */
export interface BareHttps {
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** With the same certificates as the apiserver and the same demand for one of the client's. */
export async function startBareHttps(host: string, tls: TlsMaterial, answer: string): Promise<BareHttps> {
  const child = fork(process.argv[1] ?? '', [BARE_HTTPS_COMMAND], { execArgv: [], serialization: 'advanced' });
  const exited = once(child, 'exit');
  child.send({ host, tls, answer } satisfies Settings);
  const port = await Promise.race([
    once(child, 'message').then(([message]) => message as number),
    exited.then(() => {
      throw new Error('the bare HTTPS server ended');
    }),
  ]);
  return {
    url: `https://${host}:${port}`,
    pid: child.pid ?? 0,
    async close() {
      child.kill();
      await exited;
    },
  };
}

interface Settings {
  readonly host: string;
  readonly tls: TlsMaterial;
  readonly answer: string;
}

/** The other side of {@link startBareHttps}: serves until its parent ends it or ends. Resolves with the exit code. */
export async function serveBareHttps(): Promise<number> {
  const [settings] = (await once(process, 'message')) as [Settings];
  const { host, tls, answer } = settings;
  const options: ServerOptions = {
    ca: Buffer.from(tls.ca),
    cert: Buffer.from(tls.cert),
    key: Buffer.from(tls.key),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
  const server = createServer(options, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => response.writeHead(200, headers).end(answer));
  });
  server.listen(0, host);
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
  // Its parent may be killed: nothing of ours is left running then.
  await once(process, 'disconnect');
  server.close();
  server.closeAllConnections();
  return 0;
}
