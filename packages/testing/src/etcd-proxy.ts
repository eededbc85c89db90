import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay before etcd whose connections can be broken in the ways that networks break them. */
export interface EtcdProxy {
  /** Has the scheme and is used in the place of etcd's own. */
  readonly endpoint: string;
  /** Breaks all connections and refuses new ones. */
  cut(): void;
  /** Takes connections again, and passes everything. */
  mend(): void;
  /** Breaks all connections once; new ones are taken. */
  breakConnections(): void;
  /** etcd hears everything and its answers go nowhere, until {@link mend} or {@link cut}. */
  dropAnswers(): void;
  close(): Promise<void>;
}

export async function startEtcdProxy(endpoint: string): Promise<EtcdProxy> {
  const target = new URL(endpoint);
  const sockets = new Set<Socket>();
  let refusing = false;
  let dropping = false;

  const breakConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const etcd = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, etcd],
      [etcd, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(etcd);
    etcd.on('data', (chunk) => {
      if (!dropping) client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    endpoint: `${target.protocol}//127.0.0.1:${address.port}`,
    cut: () => {
      refusing = true;
      dropping = false;
      breakConnections();
    },
    mend: () => {
      // A connection that has lost bytes is of no use any more.
      if (dropping) breakConnections();
      refusing = false;
      dropping = false;
    },
    breakConnections,
    dropAnswers: () => {
      dropping = true;
    },
    close: async () => {
      server.close();
      breakConnections();
      await once(server, 'close');
    },
  };
}
