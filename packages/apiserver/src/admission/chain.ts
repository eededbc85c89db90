import type { Authorizer } from '../authz/authorizer.js';
import type { Storage } from '../storage/storage.js';
import { type AdmissionChain, type AdmissionPlugin, admissionChain } from './admission.js';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificate-plugins.js';
import { defaultIngressClass } from './default-ingress-class.js';
import { defaultStorageClass } from './default-storage-class.js';
import { defaultTolerationSeconds } from './default-toleration-seconds.js';
import { limitRanger } from './limit-ranger/plugin.js';
import { namespaceLifecycle } from './namespace-lifecycle.js';
import { nodeRestriction } from './node-restriction.js';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.js';
import { podSecurity } from './pod-security/plugin.js';
import { priority } from './priority.js';
import { resourceQuota } from './resource-quota/plugin.js';
import { runtimeClass } from './runtime-class.js';
import { serviceAccount } from './service-account.js';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.js';
import { taintNodesByCondition } from './taint-nodes-by-condition.js';

export interface AdmissionOptions {
  /** How long a pod stays on a node that is not ready. Default 300. */
  readonly defaultNotReadyTolerationSeconds?: number;
  /** How long a pod stays on a node that cannot be reached. Default 300. */
  readonly defaultUnreachableTolerationSeconds?: number;
  /** Names of plugins. All of them are on; so this says nothing yet but that the names are right. */
  readonly enableAdmissionPlugins?: readonly string[];
  /** Absent: the server issues no tokens, so none are mounted into pods. */
  readonly serviceAccountSigningKeyFile?: string | undefined;
  /** Names of plugins that are left out. */
  readonly disableAdmissionPlugins?: readonly string[];
}

/**
 * The plugins of a server, in the order in which they see a request, which is Kubernetes'.
 * @throws Error for a name that is no plugin's, or one that is both enabled and disabled
 */
export function defaultAdmission(
  storage: Storage,
  authorizer: Authorizer,
  options: AdmissionOptions = {},
): AdmissionChain {
  return admissionChain(selected(allPlugins(storage, authorizer, options), options));
}

function allPlugins(storage: Storage, authorizer: Authorizer, options: AdmissionOptions): AdmissionPlugin[] {
  return [
    // First: nothing else need look at what has no namespace to live in.
    namespaceLifecycle(storage),
    // What containers do not say is filled in before anybody counts it.
    limitRanger(storage),
    // Before those that read the pod's spec: it names the account, and adds a volume.
    serviceAccount(storage, { issuesTokens: options.serviceAccountSigningKeyFile !== undefined }),
    nodeRestriction(storage),
    // A new node stays empty until its kubelet has said that it is ready.
    taintNodesByCondition(),
    podSecurity(storage),
    // Names become numbers, which the scheduler's queue sorts by.
    priority(storage),
    // Adds only what the pod and the others left open.
    defaultTolerationSeconds(options),
    defaultStorageClass(storage),
    storageObjectInUseProtection(),
    persistentVolumeClaimResize(storage),
    runtimeClass(storage),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction(),
    defaultIngressClass(storage),
    // Last: what is charged is written, unless something fails that nobody could know of.
    resourceQuota(storage),
  ];
}

function selected(plugins: AdmissionPlugin[], options: AdmissionOptions): AdmissionPlugin[] {
  const { enableAdmissionPlugins: enabled = [], disableAdmissionPlugins: disabled = [] } = options;
  const known = new Set(plugins.map(({ name }) => name));
  for (const [flag, names] of [
    ['enable', enabled],
    ['disable', disabled],
  ] as const) {
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw new Error(`${flag}-admission-plugins plugin "${unknown}" is unknown`);
  }
  const both = enabled.find((name) => disabled.includes(name));
  if (both !== undefined) {
    throw new Error(`[${both}] in enable-admission-plugins and disable-admission-plugins overlapped`);
  }
  return plugins.filter(({ name }) => !disabled.includes(name));
}
