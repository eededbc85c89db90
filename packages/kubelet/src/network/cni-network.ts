import {
  type CniContainer,
  type CniPluginConfiguration,
  CniPluginMissingError,
  type CniResult,
  runCniPlugin,
} from './cni-plugin.js';

/** A network configuration list, as it stands in a conflist file. */
export interface CniNetwork {
  readonly cniVersion: string;
  readonly name: string;
  readonly plugins: readonly CniPluginConfiguration[];
}

/** Runtime values for plugins that declare the capability, such as `portMappings`. */
export type CapabilityValues = Readonly<Record<string, unknown>>;

/**
 * ADD through every plugin in order, each given the result of the one before.
 * Rejects with the first plugin's error; what was added until then is the
 * caller's to delete.
 */
export async function addToNetwork(
  binDirectory: string,
  network: CniNetwork,
  container: CniContainer,
  values: CapabilityValues,
  signal: AbortSignal,
): Promise<CniResult> {
  let result: CniResult | undefined;
  for (const plugin of network.plugins.filter((one) => hasWork(one, values))) {
    const configuration = configurationOf(network, plugin, values, result);
    result = (await runCniPlugin(binDirectory, 'ADD', configuration, container, signal)) ?? result;
  }
  return result ?? {};
}

/**
 * DEL through every plugin, the last first; one that fails keeps none of the
 * others from it. Plugins answer success for what is not there, and a plugin
 * that is not installed has nothing to undo. Rejects with the first failure.
 */
export async function deleteFromNetwork(
  binDirectory: string,
  network: CniNetwork,
  container: CniContainer,
  values: CapabilityValues,
  result: CniResult | undefined,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  for (const plugin of network.plugins.toReversed().filter((one) => hasWork(one, values))) {
    const configuration = configurationOf(network, plugin, values, result);
    try {
      await runCniPlugin(binDirectory, 'DEL', configuration, container, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CniPluginMissingError)) failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** portmap hands on what it is given where a pod has no host ports: most pods, each a process less. */
function hasWork({ type }: CniPluginConfiguration, { portMappings }: CapabilityValues): boolean {
  return type !== 'portmap' || !Array.isArray(portMappings) || portMappings.length > 0;
}

function configurationOf(
  { cniVersion, name }: CniNetwork,
  plugin: CniPluginConfiguration,
  values: CapabilityValues,
  previous: CniResult | undefined,
): CniPluginConfiguration {
  const { capabilities = {}, ...rest } = plugin;
  const offered = Object.entries(values).filter(([capability]) => capabilities[capability] === true);
  return {
    ...rest,
    cniVersion,
    name,
    ...(offered.length > 0 ? { runtimeConfig: Object.fromEntries(offered) } : {}),
    ...(previous ? { prevResult: previous } : {}),
  };
}
