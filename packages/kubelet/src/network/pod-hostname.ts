import type { ReadonlyPod } from '../pod.js';

/** Linux' limit for a host name (uname). */
const MAX_HOSTNAME_LENGTH = 64;
/** RFC 1123's limit for one label. */
const MAX_LABEL_LENGTH = 63;

export interface PodHostname {
  /** What the kernel tells the pod's processes. */
  readonly hostname: string;
  /** First name in /etc/hosts, without the domain. */
  readonly label: string;
  /** `SUBDOMAIN.NAMESPACE.svc.CLUSTERDOMAIN`; "" without a subdomain. */
  readonly domain: string;
}

/**
 * The pod's host name: spec.hostname, or its name, cut to a DNS label; with
 * setHostnameAsFQDN, the whole name. A pod on the node's network has the
 * node's. Throws an Error in Kubernetes' words for one that is too long.
 */
export function podHostname(pod: ReadonlyPod, nodeName: string, clusterDomain: string): PodHostname {
  const spec = pod.spec;
  if (spec?.hostNetwork) return { hostname: nodeName, label: nodeName, domain: '' };
  if (spec?.hostnameOverride) return { hostname: spec.hostnameOverride, label: spec.hostnameOverride, domain: '' };
  const label = spec?.hostname || truncate(pod.metadata.name);
  const domain = spec?.subdomain ? `${spec.subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '';
  if (!spec?.setHostnameAsFQDN || domain === '') return { hostname: label, label, domain };
  const full = `${label}.${domain}`;
  if (full.length > MAX_HOSTNAME_LENGTH) {
    throw new Error(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${full} is too long (${MAX_HOSTNAME_LENGTH} characters is the max, ${full.length} characters requested)`,
    );
  }
  return { hostname: full, label, domain };
}

function truncate(name: string): string {
  return name.length > MAX_LABEL_LENGTH ? name.slice(0, MAX_LABEL_LENGTH).replace(/[-.]+$/, '') : name;
}
