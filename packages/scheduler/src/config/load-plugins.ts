import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginFactory } from '../framework/plugin-handle.js';
import type { Plugin } from '../framework.js';
import { builtInPlugins, type PluginDefinition, type PluginRegistry } from '../registry.js';
import { EXTENSION_POINTS, type ExtensionPoint } from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import type { Field } from './field.js';

/** What a module of the user's own exports as `plugins`: its plugins by name. */
export interface UserPlugin {
  /** Where it takes part; the plugin that `create` makes has a method for each. */
  readonly extensionPoints: readonly ExtensionPoint[];
  readonly create: PluginFactory;
}

/**
 * The built-in plugins and those of the modules, each of which exports
 * `plugins`, a record of {@link UserPlugin}. A profile uses them by name.
 * @throws ConfigurationError where a module cannot be loaded, or exports something else
 */
export async function loadPlugins(modules: readonly string[]): Promise<PluginRegistry> {
  const registry = new Map(builtInPlugins);
  for (const path of modules) {
    for (const [name, plugin] of Object.entries(await importPlugins(path))) {
      if (registry.has(name)) throw new ConfigurationError([`${path}: there is a plugin ${name} already`]);
      checkPlugin(path, name, plugin);
      registry.set(name, toDefinition(path, name, plugin));
    }
  }
  return registry;
}

async function importPlugins(path: string): Promise<Readonly<Record<string, UserPlugin>>> {
  let loaded: { plugins?: unknown };
  try {
    loaded = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError([`${path}: cannot be loaded: ${reason}`]);
  }
  if (typeof loaded.plugins !== 'object' || loaded.plugins === null)
    throw new ConfigurationError([`${path}: must export "plugins", an object of plugins by name`]);
  return loaded.plugins as Record<string, UserPlugin>;
}

function checkPlugin(path: string, name: string, plugin: UserPlugin): void {
  const where = `${path}: plugins.${name}`;
  if (typeof plugin?.create !== 'function') throw new ConfigurationError([`${where}.create: must be a function`]);
  const points: unknown = plugin.extensionPoints;
  const known: readonly unknown[] = EXTENSION_POINTS;
  if (!Array.isArray(points) || points.length === 0 || !points.every((point) => known.includes(point)))
    throw new ConfigurationError([`${where}.extensionPoints: must be a list of ${EXTENSION_POINTS.join(', ')}`]);
}

function toDefinition(path: string, name: string, { extensionPoints, create }: UserPlugin): PluginDefinition {
  return {
    extensionPoints,
    readArguments: (args: Field) => args.raw ?? {},
    create(args, handle) {
      const plugin = create(args as Record<string, unknown>, handle);
      for (const point of extensionPoints) {
        const method: keyof Plugin = point === 'queueSort' ? 'less' : point;
        if (typeof plugin[method] !== 'function')
          throw new ConfigurationError([`${path}: plugins.${name}: takes part in ${point} and has no ${method}`]);
      }
      return { ...bindMethods(plugin), name };
    },
  };
}

/** A plugin may be an instance of a class, whose methods are its prototype's. */
function bindMethods(plugin: Plugin): Plugin {
  const bound: Record<string, unknown> = { events: plugin.events };
  for (const key of [...EXTENSION_POINTS, 'less', 'normalize', 'addPod', 'removePod', 'unreserve'] as const) {
    const method: unknown = plugin[key as keyof Plugin];
    if (typeof method === 'function') bound[key] = method.bind(plugin);
  }
  return bound as unknown as Plugin;
}
