import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** A registry (Docker Registry HTTP API v2, reading only) at an address that every engine takes without TLS. */
export interface TestRegistry {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** How often a manifest was asked for. */
  readonly manifestReads: () => number;
  stop(): Promise<void>;
}

/** Serves one image of the engine's own under any name and tag but `missing`; with a login, to those who have it. */
export async function startRegistry(
  image: string,
  login?: { readonly user: string; readonly password: string },
): Promise<TestRegistry> {
  const blobs = await blobsOf(image);
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, ...blobs.manifest });
  const authorization = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  let manifestReads = 0;

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? '';
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      response.setHeader('WWW-Authenticate', 'Basic realm="test"');
      response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    if (path === '/v2/') {
      response.writeHead(200).end('{}');
      return;
    }
    const [, kind, reference = ''] = /\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    const body = kind === 'manifests' ? Buffer.from(manifest) : blobs.byDigest.get(reference);
    if (kind === 'manifests') manifestReads += 1;
    if (!body || reference === 'missing') {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
      return;
    }
    response.setHeader('Content-Type', kind === 'manifests' ? MANIFEST_TYPE : 'application/octet-stream');
    response.setHeader('Docker-Content-Digest', digestOf(body));
    response.setHeader('Content-Length', body.length);
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : body);
  };
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    manifestReads: () => manifestReads,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Blobs {
  readonly manifest: object;
  readonly byDigest: ReadonlyMap<string, Buffer>;
}

async function blobsOf(image: string): Promise<Blobs> {
  const directory = await mkdtemp(join(tmpdir(), 'kubelab-registry-'));
  try {
    await run('docker', ['save', '--output', join(directory, 'image.tar'), image]);
    await run('tar', ['-xf', join(directory, 'image.tar'), '-C', directory]);
    const [{ Config, Layers }] = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8'));
    const config = await readFile(join(directory, Config));
    const layers: Buffer[] = await Promise.all(Layers.map((layer: string) => readFile(join(directory, layer))));
    const describe = (mediaType: string, blob: Buffer): object => ({
      mediaType: `application/vnd.docker.${mediaType}`,
      size: blob.length,
      digest: digestOf(blob),
    });
    const manifest = {
      config: describe('container.image.v1+json', config),
      layers: layers.map((layer) => describe('image.rootfs.diff.tar', layer)),
    };
    return { manifest, byDigest: new Map([config, ...layers].map((blob) => [digestOf(blob), blob])) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function digestOf(blob: Buffer): string {
  return `sha256:${createHash('sha256').update(blob).digest('hex')}`;
}
