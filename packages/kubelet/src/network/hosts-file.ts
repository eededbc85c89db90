import type { DeepReadonly, HostAlias } from '@kubelab/api';
import type { PodHostname } from './pod-hostname.js';

/** The names that every Linux machine has. */
const LOCAL_NAMES = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::0', 'ip6-localnet'],
  ['fe00::0', 'ip6-mcastprefix'],
  ['fe00::1', 'ip6-allnodes'],
  ['fe00::2', 'ip6-allrouters'],
];

type Aliases = DeepReadonly<HostAlias[]> | undefined;

/** /etc/hosts of a pod with its own network, as Kubernetes writes it. */
export function podHostsFile(ips: readonly string[], { label, domain }: PodHostname, aliases: Aliases): string {
  const own = domain === '' ? label : `${label}.${domain}\t${label}`;
  const lines = [...LOCAL_NAMES.map((fields) => fields.join('\t')), ...ips.map((ip) => `${ip}\t${own}`)];
  return `# Kubernetes-managed hosts file.\n${lines.join('\n')}\n${aliasLines(aliases)}`;
}

/** /etc/hosts of a pod on the node's network: the node's, and the aliases. */
export function hostNetworkHostsFile(nodeHosts: string, aliases: Aliases): string {
  return `# Kubernetes-managed hosts file (host network).\n${nodeHosts}${aliasLines(aliases)}`;
}

function aliasLines(aliases: Aliases): string {
  if (!aliases || aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames }) => [ip, ...(hostnames ?? [])].join('\t'));
  return `\n# Entries added by HostAliases.\n${lines.join('\n')}\n`;
}
