import { type EnabledPlugin, EXTENSION_POINTS, type ExtensionPoint, type PluginSet } from './configuration.js';
import { DEFAULT_PLUGINS } from './default-plugins.js';

const ALL = '*';

/** What a profile says of its plugins, as it stands in the file. */
export type WrittenPlugins = Readonly<Record<ExtensionPoint | 'multiPoint', PluginSet>>;

/**
 * The plugins of each extension point. `multiPoint` stands for all points that a
 * plugin takes part in; what a point says itself goes before. In a point, first
 * come the plugins of multiPoint that it names itself, then the others of
 * multiPoint, then the rest of its own (Kubernetes' order).
 */
export function expandPlugins(
  written: WrittenPlugins,
  takesPart: (plugin: string, point: ExtensionPoint) => boolean,
): Record<ExtensionPoint, readonly EnabledPlugin[]> {
  const multiPoint = mergeDefaults(written.multiPoint);
  const expand = (point: ExtensionPoint): EnabledPlugin[] => {
    const { enabled, disabled } = written[point];
    const isNamed = (name: string) => enabled.some((each) => each.name === name);
    const inherited = disabled.includes(ALL)
      ? []
      : multiPoint.filter(({ name }) => takesPart(name, point) && !disabled.includes(name));
    const overriding = enabled.filter(({ name }) => inherited.some((each) => each.name === name));
    const others = enabled.filter((each) => !overriding.includes(each));
    return [...overriding, ...inherited.filter(({ name }) => !isNamed(name)), ...others];
  };
  return Object.fromEntries(EXTENSION_POINTS.map((point) => [point, expand(point)])) as Record<
    ExtensionPoint,
    EnabledPlugin[]
  >;
}

/** The default plugins without those that are disabled, with new weights for those named, and then the new ones. */
function mergeDefaults({ enabled, disabled }: PluginSet): EnabledPlugin[] {
  const kept = disabled.includes(ALL) ? [] : DEFAULT_PLUGINS.filter(({ name }) => !disabled.includes(name));
  const replaced = kept.map((plugin) => enabled.find(({ name }) => name === plugin.name) ?? plugin);
  return [...replaced, ...enabled.filter((plugin) => !replaced.includes(plugin))];
}
