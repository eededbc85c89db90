/** Labels of nodes that have newer names, as Kubernetes words the warning. */
const DEPRECATED: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

/** One warning for each label that has a newer name. `namesKey`: the text names the label too. */
export function deprecatedNodeLabelWarnings(keys: readonly string[], path: string, namesKey: boolean): string[] {
  return keys
    .filter((key) => Object.hasOwn(DEPRECATED, key))
    .map((key) => `${path}: ${namesKey ? `${key} is ` : ''}${DEPRECATED[key]}`);
}
