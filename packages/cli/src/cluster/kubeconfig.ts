import { stringify } from 'yaml';

export interface KubeconfigOptions {
  readonly cluster: string;
  /** `https://HOST:PORT` */
  readonly server: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A kubeconfig (kind Config, v1) of one cluster and one user, with everything in it. It holds a private key. */
export function formatKubeconfig(options: KubeconfigOptions): string {
  const cluster = `kubelab-${options.cluster}`;
  const user = `${cluster}-admin`;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: cluster, cluster: { server: options.server, 'certificate-authority-data': base64(options.caPem) } },
      ],
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(options.certificatePem),
            'client-key-data': base64(options.privateKeyPem),
          },
        },
      ],
      contexts: [{ name: cluster, context: { cluster, user } }],
      'current-context': cluster,
      preferences: {},
    },
    { lineWidth: 0 },
  );
}
