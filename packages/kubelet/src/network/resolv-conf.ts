import type { DeepReadonly, PodDNSConfig } from '@kubelab/api';
import type { ReadonlyPod } from '../pod.js';

export interface ResolverConfiguration {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export interface ClusterDns {
  /** --cluster-dns: addresses; none: pods resolve as their node does. */
  readonly servers: readonly string[];
  /** --cluster-domain. */
  readonly domain: string;
}

/** Told of what a pod does not get as it asked: a Warning event. */
type WarnOfDns = (reason: string, message: string) => void;

/** Limits of the resolver that Kubernetes keeps to (ExpandedDNSConfig, KEP-2595). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_LENGTH = 2048;
const CLUSTER_OPTIONS = ['ndots:5'];

/** /etc/resolv.conf of a pod, by its dnsPolicy and dnsConfig. */
export function podResolvConf(
  pod: ReadonlyPod,
  node: ResolverConfiguration,
  cluster: ClusterDns,
  warn: WarnOfDns,
): string {
  const base = baseOf(pod, node, cluster, warn);
  return formatResolvConf(withinLimits(merge(base, pod.spec?.dnsConfig), warn));
}

function baseOf(
  pod: ReadonlyPod,
  node: ResolverConfiguration,
  { servers, domain }: ClusterDns,
  warn: WarnOfDns,
): ResolverConfiguration {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: [] };
  const ownNetwork = pod.spec?.hostNetwork !== true;
  if (policy !== 'ClusterFirstWithHostNet' && !(policy === 'ClusterFirst' && ownNetwork)) return node;
  if (servers.length === 0) {
    warn(
      'MissingClusterDNS',
      `pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})". kubelet does not have ClusterDNS IP configured and cannot create Pod using "${policy}" policy. Falling back to "Default" policy.`,
    );
    return node;
  }
  const own = domain === '' ? [] : [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { nameservers: servers, searches: unique([...own, ...node.searches]), options: CLUSTER_OPTIONS };
}

function merge(base: ResolverConfiguration, config: DeepReadonly<PodDNSConfig> | undefined): ResolverConfiguration {
  if (!config) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0] ?? '', option]));
  for (const { name = '', value } of config.options ?? []) options.set(name, value ? `${name}:${value}` : name);
  return {
    nameservers: unique([...base.nameservers, ...(config.nameservers ?? [])]),
    searches: unique([...base.searches, ...(config.searches ?? [])]),
    options: [...options.values()],
  };
}

function withinLimits(configuration: ResolverConfiguration, warn: WarnOfDns): ResolverConfiguration {
  const nameservers = configuration.nameservers.slice(0, MAX_NAMESERVERS);
  if (nameservers.length < configuration.nameservers.length) {
    warn(
      'DNSConfigForming',
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${nameservers.join(' ')}`,
    );
  }
  const searches = configuration.searches.slice(0, MAX_SEARCHES);
  while (searches.join(' ').length > MAX_SEARCH_LENGTH) searches.pop();
  if (searches.length < configuration.searches.length) {
    warn(
      'DNSConfigForming',
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`,
    );
  }
  return { ...configuration, nameservers, searches };
}

function formatResolvConf({ nameservers, searches, options }: ResolverConfiguration): string {
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}\n`] : []),
    ...nameservers.map((server) => `nameserver ${server}\n`),
    ...(options.length > 0 ? [`options ${options.join(' ')}\n`] : []),
  ].join('');
}

/** resolv.conf(5): the last `search` (or `domain`) and the last `options` line count. */
export function parseResolvConf(text: string): ResolverConfiguration {
  const nameservers: string[] = [];
  let searches: readonly string[] = [];
  let options: readonly string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver' && values[0]) nameservers.push(values[0]);
    if (keyword === 'search' || keyword === 'domain') searches = values.filter((search) => search !== '.');
    if (keyword === 'options') options = values;
  }
  return { nameservers, searches, options };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
