import {
  type CertificateSigningRequest,
  certificateSigningRequests,
  deepEqual,
  quote,
  type ResourceType,
} from '@kubelab/api';
import type { Authorizer } from '../authz/authorizer.js';
import type { AdmissionPlugin, AdmissionRequest } from './admission.js';
import { requestedOrganizations } from './certificate-subject.js';
import { forbiddenObject } from './forbidden-object.js';

const SIGNERS = { group: certificateSigningRequests.group, plural: 'signers' };
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const MASTERS = 'system:masters';

/** Who approves or denies a request for a certificate may `approve` for its signer. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    async validate(request) {
      if (!isUpdateOf(request, 'approval')) return;
      const { signerName = '' } = (request.old as CertificateSigningRequest).spec;
      if (await maySign(authorizer, request, 'approve', signerName)) return;
      const why = `user not permitted to approve requests with signerName ${quote(signerName)}`;
      throw forbiddenObject(request.resource, request.key.name, why);
    },
  };
}

/** Who writes a certificate into a request, or fails it, may `sign` for its signer. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    async validate(request) {
      if (!isUpdateOf(request, 'status')) return;
      const next = request.object as CertificateSigningRequest;
      const old = request.old as CertificateSigningRequest;
      const isSame = next.status?.certificate === old.status?.certificate && deepEqual(failures(next), failures(old));
      if (isSame) return;
      const { signerName = '' } = old.spec;
      if (await maySign(authorizer, request, 'sign', signerName)) return;
      const why = `user not permitted to sign requests with signerName ${quote(signerName)}`;
      throw forbiddenObject(request.resource, request.key.name, why);
    },
  };
}

/** No certificate makes anybody a superuser. */
export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    validate({ resource, operation, subresource, object, key }) {
      if (!isRequest(resource) || operation !== 'CREATE' || subresource !== '') return;
      const { spec } = object as CertificateSigningRequest;
      if (spec.signerName !== CLIENT_SIGNER || !requestedOrganizations(spec.request).includes(MASTERS)) return;
      throw forbiddenObject(resource, key.name, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
    },
  };
}

function isRequest({ group, plural }: ResourceType): boolean {
  return plural === certificateSigningRequests.plural && group === certificateSigningRequests.group;
}

function isUpdateOf({ resource, operation, subresource }: AdmissionRequest, name: string): boolean {
  return isRequest(resource) && operation === 'UPDATE' && subresource === name;
}

function failures({ status }: CertificateSigningRequest) {
  return (status?.conditions ?? []).filter(({ type }) => type === 'Failed');
}

/** By the signer's own name, or by all of its domain: `example.com/*`. */
async function maySign(
  authorizer: Authorizer,
  { user }: AdmissionRequest,
  verb: string,
  signerName: string,
): Promise<boolean> {
  const domain = signerName.split('/')[0] ?? '';
  for (const name of [signerName, `${domain}/*`]) {
    const attributes = { user, verb, resource: SIGNERS, subresource: '', namespace: '', name, path: '' };
    const { decision } = await authorizer.authorize(attributes);
    if (decision === 'allow') return true;
  }
  return false;
}
