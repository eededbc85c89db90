import { isApiError } from '@kubelab/api';
import type { TargetMessage } from '@kubelab/runtime';
import { toApiError } from '../registry/to-api-error.js';
import type { Auditor, AuditRecord } from './auditor.js';

/** What a message of our own protocol says of itself. */
export interface CallMessage {
  readonly target: TargetMessage | null;
  readonly object?: Buffer;
  readonly patch?: Buffer;
  readonly patchType?: string;
}

/** Who calls, as an auditor asks. */
interface CallOrigin {
  readonly user: Parameters<AuditRecord['authenticated']>[0];
  readonly peer?: string;
}

/** Begins the record of a call over gRPC, told as the REST request that it stands for. */
export function beginCall(auditor: Auditor, message: CallMessage, { user, peer = '' }: CallOrigin): AuditRecord {
  const record = auditor.begin({
    auditId: '',
    requestUri: uriOf(message.target),
    sourceIps: peer === '' ? [] : [addressOf(peer)],
    userAgent: 'grpc',
  });
  record.authenticated(user);
  return record;
}

/** Does the work of a call, and records how it ends. */
export async function auditedCall(record: AuditRecord, code: number, work: () => Promise<Buffer>): Promise<Buffer> {
  try {
    const answer = await work();
    record.answered(code, answer);
    return answer;
  } catch (error) {
    record.failed(toApiError(error), isApiError(error));
    throw error;
  } finally {
    record.complete(code);
  }
}

/** To be called once the policy has been asked. */
export function recordBody(record: AuditRecord, { object, patch }: CallMessage): void {
  const body = object ?? patch;
  if (body !== undefined) record.requestBody(body, 'application/json');
}

/** Without the port, which grpc-js appends to an address of whichever family. */
function addressOf(peer: string): string {
  return peer
    .slice(0, peer.lastIndexOf(':'))
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:/, '');
}

function uriOf(target: TargetMessage | null): string {
  if (target === null) return '/';
  const { group, version, resource, namespace, name, subresource } = target;
  const segments = group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== '') segments.push('namespaces', namespace);
  segments.push(resource);
  if (name !== '') segments.push(name);
  if (subresource !== '') segments.push(subresource);
  return `/${segments.join('/')}`;
}
