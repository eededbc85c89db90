import type { ObjectKind } from './cluster/cluster-objects.js';
import { EXTENSION_POINTS, type ProfileConfiguration } from './config/configuration.js';
import type { PluginHandle } from './framework/plugin-handle.js';
import type { Plugin, Profile } from './framework.js';
import type { PluginRegistry } from './registry.js';

/** Makes a profile's plugins, each once, and lists them by extension point. */
export function createProfile(
  configuration: ProfileConfiguration,
  registry: PluginRegistry,
  handle: PluginHandle,
): Profile {
  const made = new Map<string, Plugin>();
  const pluginOf = (name: string): Plugin => {
    const known = made.get(name);
    if (known) return known;
    const definition = registry.get(name);
    if (definition === undefined) throw new Error(`there is no plugin ${name}`);
    const plugin = definition.create(configuration.pluginArguments.get(name), handle);
    made.set(name, plugin);
    return plugin;
  };
  const { plugins, schedulerName, percentageOfNodesToScore } = configuration;
  const list = (point: (typeof EXTENSION_POINTS)[number]) => plugins[point].map(({ name }) => pluginOf(name));
  const byPoint = {
    preEnqueue: list('preEnqueue'),
    queueSort: list('queueSort'),
    preFilter: list('preFilter'),
    filter: list('filter'),
    postFilter: list('postFilter'),
    preScore: list('preScore'),
    score: plugins.score.map(({ name, weight }) => ({ plugin: pluginOf(name), weight: weight || 1 })),
    reserve: list('reserve'),
    permit: list('permit'),
    preBind: list('preBind'),
    bind: list('bind'),
    postBind: list('postBind'),
  };
  return { schedulerName, percentageOfNodesToScore, plugins: [...made.values()], ...byPoint };
}

/** The kinds that the profiles' plugins look up. */
export function kindsOf(profiles: readonly ProfileConfiguration[], registry: PluginRegistry): Set<ObjectKind> {
  const kinds = new Set<ObjectKind>();
  for (const { plugins } of profiles)
    for (const point of EXTENSION_POINTS)
      for (const { name } of plugins[point]) for (const kind of registry.get(name)?.kinds ?? []) kinds.add(kind);
  return kinds;
}
