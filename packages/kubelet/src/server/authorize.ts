import type { PeerCertificate } from 'node:tls';
import { ApiError } from '@kubelab/api';

const APISERVER = 'system:apiserver-kubelet-client';
const MASTERS = 'system:masters';

/**
 * Only the apiserver and administrators may look into containers. The
 * certificate's authority has been checked at the handshake.
 * @throws ApiError Forbidden
 */
export function authorizePeer(certificate: Pick<PeerCertificate, 'subject'> | undefined): void {
  const { CN, O } = (certificate?.subject ?? {}) as { CN?: string | string[]; O?: string | string[] };
  const names = [CN ?? []].flat();
  if (names[0] === APISERVER || [O ?? []].flat().includes(MASTERS)) return;
  throw new ApiError('Forbidden', `user "${names[0] ?? ''}" may not use this kubelet`);
}
