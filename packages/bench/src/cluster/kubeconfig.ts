import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { TlsMaterial } from '@kubelab/runtime';
import { parse } from 'yaml';
import { createRestClient, type RestClient, type RestCredentials } from './rest-client.js';

interface Named {
  readonly name: string;
}

/** The parts of a kubeconfig (kind Config, v1) that are read. */
interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly (Named & { readonly context: { readonly cluster: string; readonly user: string } })[];
  readonly clusters?: readonly (Named & { readonly cluster: ClusterEntry })[];
  readonly users?: readonly (Named & { readonly user: UserEntry })[];
}

type ClusterEntry = Readonly<Record<'server', string>> &
  Readonly<Partial<Record<'certificate-authority' | 'certificate-authority-data', string>>> & {
    readonly 'insecure-skip-tls-verify'?: boolean;
  };

type UserEntry = Readonly<
  Partial<
    Record<
      'client-certificate' | 'client-certificate-data' | 'client-key' | 'client-key-data' | 'token' | 'tokenFile',
      string
    >
  >
>;

interface OpenedKubeconfig {
  readonly client: RestClient;
  readonly server: string;
  /** Where it has all three. */
  readonly tls?: TlsMaterial;
}

/**
 * A client of the cluster that the file's current context names. Client
 * certificates and tokens are understood; programs that fetch credentials are not.
 */
export async function openKubeconfig(path: string): Promise<OpenedKubeconfig> {
  const config = parse(await readFile(path, 'utf8')) as Kubeconfig;
  const fail = (what: string): never => {
    throw new Error(`${path}: ${what}`);
  };
  const find = <T extends Named>(items: readonly T[] | undefined, name: string | undefined, what: string): T =>
    items?.find((item) => item.name === name) ?? fail(`there is no ${what} "${name}"`);
  const { context } = find(config.contexts, config['current-context'], 'context');
  const { cluster } = find(config.clusters, context.cluster, 'cluster');
  const { user } = find(config.users, context.user, 'user');
  const read = async (data: string | undefined, file: string | undefined): Promise<Buffer | undefined> => {
    if (data !== undefined) return Buffer.from(data, 'base64');
    return file === undefined ? undefined : readFile(resolve(dirname(path), file));
  };
  const [ca, cert, key] = await Promise.all([
    read(cluster['certificate-authority-data'], cluster['certificate-authority']),
    read(user['client-certificate-data'], user['client-certificate']),
    read(user['client-key-data'], user['client-key']),
  ]);
  const token = user.token ?? (await read(undefined, user.tokenFile))?.toString().trim();
  if (!token && !cert) fail(`user "${context.user}" has neither a client certificate nor a token`);
  const credentials: RestCredentials = {
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    rejectUnauthorized: !cluster['insecure-skip-tls-verify'],
  };
  const client = createRestClient(cluster.server, credentials, token ? { authorization: `Bearer ${token}` } : {});
  return { client, server: cluster.server, ...(ca && cert && key ? { tls: { ca, cert, key } } : {}) };
}
