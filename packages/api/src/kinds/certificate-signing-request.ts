import type { CertificateSigningRequest } from '../generated/types.js';
import { ageColumn, column, nameColumn } from '../printers/columns.js';
import { humanDuration } from '../printers/duration.js';
import type { PrinterColumn, ResourceStrategy, ResourceType, StrategyRequest } from '../resource.js';
import {
  validateCertificateSigningRequest,
  validateCertificateSigningRequestUpdate,
} from '../validation/certificate-signing-request.js';

type Conditions = NonNullable<CertificateSigningRequest['status']>['conditions'];

const strategy: ResourceStrategy<CertificateSigningRequest> = {
  tracksGeneration: false,
  nameRule: 'any',
  /** Who asks is what the apiserver saw, never what the request says. */
  prepareForCreate(request, call) {
    const { username: _username, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec ?? {};
    request.spec = { ...spec, ...requesterOf(call) } as CertificateSigningRequest['spec'];
    request.status = {};
  },
  /** The spec and the status are never changed by a write of the object itself. */
  prepareForUpdate(request, old) {
    request.spec = old.spec;
    request.status = old.status;
  },
  /** An approval changes conditions only. */
  prepareForSubresource(request, old, subresource, { nowMs }) {
    const conditions = request.status?.conditions;
    if (subresource === 'approval') request.status = { ...old.status, ...(conditions ? { conditions } : {}) };
    if (subresource === 'approval' && conditions === undefined) delete request.status?.conditions;
    fillInTimes(request.status?.conditions, old.status?.conditions, nowMs);
  },
  validate: validateCertificateSigningRequest,
  validateUpdate: (request, old) => validateCertificateSigningRequestUpdate(request, old, 'object'),
  validateStatusUpdate: (request, old, subresource) => [
    ...validateCertificateSigningRequest(request),
    ...validateCertificateSigningRequestUpdate(request, old, subresource === 'approval' ? 'approval' : 'status'),
  ],
};

function requesterOf(call: StrategyRequest | undefined): Partial<CertificateSigningRequest['spec']> {
  if (call === undefined) return {};
  const { name, uid, groups, extra = {} } = call.user;
  const values = Object.entries(extra).map(([key, list]): [string, string[]] => [key, [...list]]);
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups: [...groups],
    ...(values.length > 0 ? { extra: Object.fromEntries(values) } : {}),
  };
}

/** A condition that is new, or says something new, was set now unless it says when. */
function fillInTimes(conditions: Conditions, old: Conditions, nowMs: number): void {
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  for (const condition of conditions ?? []) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime !== undefined) continue;
    const same = old?.find(({ type, status }) => type === condition.type && status === condition.status);
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}

function stateText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => (status?.conditions ?? []).some((condition) => condition.type === type);
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`;
}

const columns: readonly PrinterColumn<CertificateSigningRequest>[] = [
  nameColumn<CertificateSigningRequest>(),
  ageColumn<CertificateSigningRequest>(),
  column('SignerName', 'string', 'Who is to sign.', ({ spec }) => spec.signerName || '<none>'),
  column('Requestor', 'string', 'Who asks.', ({ spec }) => spec.username ?? ''),
  column('RequestedDuration', 'string', 'How long the certificate is to be good.', ({ spec }) =>
    spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
  ),
  column('Condition', 'string', 'What has been decided and done.', stateText),
];

export const certificateSigningRequests: ResourceType<CertificateSigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  singular: 'certificatesigningrequest',
  shortNames: ['csr'],
  categories: [],
  namespaced: false,
  definition: 'CertificateSigningRequest',
  subresources: [
    { name: 'approval', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] },
    { name: 'status', kind: 'CertificateSigningRequest', verbs: ['get', 'patch', 'update'] },
  ],
  columns,
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  strategy,
};
