import type { DeepReadonly, Secret, ServiceAccount } from '@kubelab/api';
import type { Cached } from '@kubelab/client';

export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
export const NAME_ANNOTATION = 'kubernetes.io/service-account.name';
export const UID_ANNOTATION = 'kubernetes.io/service-account.uid';

/** Whether the Secret is of this account, and not of one that had its name before. */
export function isOf({ metadata }: DeepReadonly<Secret>, account: Cached<ServiceAccount>): boolean {
  const uid = metadata?.annotations?.[UID_ANNOTATION];
  return metadata?.annotations?.[NAME_ANNOTATION] === account.metadata.name && (!uid || uid === account.metadata.uid);
}

/** The Secret with all that it lacks; undefined where it lacks nothing. `signToken` is called where there is none. */
export function planSecret(
  secret: Cached<Secret>,
  account: Cached<ServiceAccount>,
  certificateAuthority: string | undefined,
  signToken: () => string,
): Pick<Secret, 'metadata' | 'data'> | undefined {
  const { metadata, data = {} } = secret;
  const { namespace = '', name, uid } = account.metadata;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const wanted: Record<string, string> = {
    ...(certificateAuthority === undefined ? {} : { 'ca.crt': base64(certificateAuthority) }),
    namespace: base64(namespace),
    token: data.token || base64(signToken()),
  };
  const lacks = Object.entries(wanted).some(([key, value]) => data[key] !== value);
  if (!lacks && metadata.annotations?.[UID_ANNOTATION] === uid) return undefined;
  return {
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [NAME_ANNOTATION]: name, [UID_ANNOTATION]: uid },
    } as Secret['metadata'] & {},
    data: { ...data, ...wanted },
  };
}
