import { readFile } from 'node:fs/promises';

/** PEM, as node:tls and grpc-js take it. */
export interface TlsMaterial {
  /** The authority that the other side must be signed by. */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Rejects with the system's error, which names the file. */
export async function readTlsMaterial({ caFile, certFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([readFile(caFile), readFile(certFile), readFile(keyFile)]);
  return { ca, cert, key };
}
