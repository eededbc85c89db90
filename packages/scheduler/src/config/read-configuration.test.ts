import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInPlugins } from '../registry.js';
import { makeNode, makePod } from '../simulation/objects.js';
import { createSimulation } from '../simulation/simulation.js';
import { EXTENSION_POINTS } from './configuration.js';
import { loadPlugins } from './load-plugins.js';
import { defaultConfiguration, readConfiguration } from './read-configuration.js';

const HEADER = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';
const read = (text: string) => readConfiguration(HEADER + text, 's.yaml', builtInPlugins);
const names = (list: readonly { readonly name: string }[] | undefined) => (list ?? []).map(({ name }) => name);

describe('the default configuration', () => {
  it('has every default plugin where it takes part, with its weight', () => {
    const [profile] = defaultConfiguration(builtInPlugins).profiles;
    expect(profile?.schedulerName).toBe('default-scheduler');
    expect(names(profile?.plugins.filter)).toEqual([
      'NodeUnschedulable',
      'NodeName',
      'TaintToleration',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
      'VolumeRestrictions',
      'NodeVolumeLimits',
      'VolumeBinding',
      'VolumeZone',
      'PodTopologySpread',
      'InterPodAffinity',
    ]);
    expect(profile?.plugins.score).toEqual([
      { name: 'TaintToleration', weight: 3 },
      { name: 'NodeAffinity', weight: 2 },
      { name: 'NodeResourcesFit', weight: 1 },
      { name: 'PodTopologySpread', weight: 2 },
      { name: 'InterPodAffinity', weight: 2 },
      { name: 'NodeResourcesBalancedAllocation', weight: 1 },
      { name: 'ImageLocality', weight: 1 },
    ]);
    expect(names(profile?.plugins.postFilter)).toEqual(['DefaultPreemption']);
    expect(names(profile?.plugins.bind)).toEqual(['DefaultBinder']);
  });

  it('makes plugins with a method for each point that they are registered for, and for no other', () => {
    const { profile } = createSimulation();
    for (const plugin of profile.plugins)
      for (const point of EXTENSION_POINTS) {
        const method = point === 'queueSort' ? 'less' : point;
        const registered = builtInPlugins.get(plugin.name)?.extensionPoints.includes(point);
        expect([plugin.name, point, typeof plugin[method] === 'function']).toEqual([plugin.name, point, registered]);
      }
  });
});

describe('a configuration', () => {
  it('enables, disables and weighs plugins', () => {
    const [profile] = read(`
profiles:
- schedulerName: mine
  percentageOfNodesToScore: 30
  plugins:
    multiPoint:
      enabled: [{name: NodeAffinity, weight: 7}]
      disabled: [{name: ImageLocality}]
    score:
      disabled: [{name: TaintToleration}]
      enabled: [{name: NodeResourcesFit, weight: 5}]
    postFilter:
      disabled: [{name: '*'}]
`).profiles;
    expect(profile).toMatchObject({ schedulerName: 'mine', percentageOfNodesToScore: 30 });
    expect(profile?.plugins.score).toEqual([
      { name: 'NodeResourcesFit', weight: 5 },
      { name: 'NodeAffinity', weight: 7 },
      { name: 'PodTopologySpread', weight: 2 },
      { name: 'InterPodAffinity', weight: 2 },
      { name: 'NodeResourcesBalancedAllocation', weight: 1 },
    ]);
    expect(profile?.plugins.postFilter).toEqual([]);
    expect(names(profile?.plugins.filter)).toContain('TaintToleration');
  });

  it('reads back-offs, leader election and several profiles', () => {
    const configuration = read(`
podInitialBackoffSeconds: 2
podMaxBackoffSeconds: 20
percentageOfNodesToScore: 40
parallelism: 8
leaderElection: {leaderElect: true, leaseDuration: 30s, renewDeadline: 20s, retryPeriod: 5s}
profiles:
- {}
- {schedulerName: other, percentageOfNodesToScore: 70}
`);
    expect(configuration).toMatchObject({ podInitialBackoffMs: 2_000, podMaxBackoffMs: 20_000 });
    expect(configuration.leaderElection).toMatchObject({ leaderElect: true, leaseDurationMs: 30_000 });
    expect(configuration.profiles.map((each) => [each.schedulerName, each.percentageOfNodesToScore])).toEqual([
      ['default-scheduler', 40],
      ['other', 70],
    ]);
  });

  it.each([
    [
      'percentageOfNodesToScore: 101',
      's.yaml:3: percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    ],
    ['foo: 1', 's.yaml:3: foo: unknown field'],
    [
      'profiles: [{plugins: {score: {enabled: [{name: Nope}]}}}]',
      's.yaml:3: profiles[0].plugins.score.enabled[0].name: Invalid value: "Nope": there is no such plugin',
    ],
    [
      'profiles:\n- plugins:\n    filter:\n      enabled:\n      - name: ImageLocality',
      's.yaml:7: profiles[0].plugins.filter.enabled[0].name: Invalid value: "ImageLocality": the plugin does not take part in filter',
    ],
    [
      'profiles: [{plugins: {queueSort: {disabled: [{name: "*"}]}}}]',
      's.yaml:3: profiles[0]: plugins.queueSort: exactly one queue sort plugin is required',
    ],
    ['profiles: [{}, {}]', 's.yaml:3: profiles[1]: schedulerName: Duplicate value: "default-scheduler"'],
    [
      'profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]',
      's.yaml:3: profiles[0].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0-100]',
    ],
    [
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Best}}}]}]',
      's.yaml:3: profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"',
    ],
    [
      'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {ignoredResourceGroups: [a/b]}}]}]',
      "s.yaml:3: profiles[0].pluginConfig[0].args.ignoredResourceGroups[0]: Invalid value: \"a/b\": resource group name can't contain '/'",
    ],
    [
      'profiles: [{pluginConfig: [{name: PodTopologySpread, args: {defaultingType: System, defaultConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}]}}]}]',
      's.yaml:3: profiles[0].pluginConfig[0].args.defaultingType: Invalid value: "System": when .defaultingType is "System", .defaultConstraints must be empty',
    ],
    [
      'podInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 3',
      's.yaml:4: podMaxBackoffSeconds: Invalid value: 3: must be greater than or equal to podInitialBackoffSeconds',
    ],
    ['extenders: [{filterVerb: f}]', 's.yaml:3: extenders[0].urlPrefix: Required value'],
    [
      'extenders: [{urlPrefix: "http://x", prioritizeVerb: p}]',
      's.yaml:3: extenders[0].weight: Invalid value: undefined: must have a positive weight applied to it',
    ],
    ['leaderElection: {leaseDuration: soon}', /^s\.yaml:3: leaderElection\.leaseDuration: Invalid value: "soon": /],
    ['profiles: {', /^s\.yaml:\d: /],
  ])('refuses %s', (text, expected) => {
    try {
      read(text);
    } catch (error) {
      const { problems } = error as { problems: string[] };
      if (typeof expected === 'string') expect(problems).toContain(expected);
      else expect(problems[0]).toMatch(expected);
      return;
    }
    expect.unreachable('it was accepted');
  });

  it('names every problem at once, and another version', () => {
    const text = 'apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\nparallelism: 0\n';
    expect(() => readConfiguration(text, 's.yaml', builtInPlugins)).toThrow(
      /s\.yaml:1: apiVersion: [^\n]*\ns\.yaml:3: parallelism: /,
    );
  });
});

describe('plugins of the user', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubelab-plugins-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const write = async (name: string, text: string) => {
    const file = join(directory, name);
    await writeFile(file, text);
    return file;
  };

  it('are loaded from a module and used by name, with their arguments', async () => {
    const file = await write(
      'avoid.mjs',
      `export const plugins = {
        Avoid: {
          extensionPoints: ['filter', 'score'],
          create: ({ suffix, loves }) => ({
            filter: (state, pod, node) =>
              node.name.endsWith(suffix) ? { reasons: ['node(s) were avoided'], unresolvable: true } : undefined,
            score: (state, pod, node) => (node.name === loves ? 100 : 0),
          }),
        },
      };`,
    );
    const configuration = `
profiles:
- plugins: {multiPoint: {enabled: [{name: Avoid, weight: 10}]}}
  pluginConfig: [{name: Avoid, args: {suffix: x, loves: b}}]`;
    const simulation = createSimulation({ registry: await loadPlugins([file]), configuration });
    for (const name of ['ax', 'a', 'b', 'c']) simulation.addNode(makeNode(name));
    const { cycle, node } = simulation.decide(makePod('p'));
    expect(node?.name).toBe('b');
    expect([...cycle.counts].map(([{ reasons }, count]) => [reasons, count])).toEqual([[['node(s) were avoided'], 1]]);
  });

  it.each([
    ['nothing.mjs', 'export const other = 1;', /nothing\.mjs: must export "plugins"/],
    ['broken.mjs', 'export const plugins = {', /broken\.mjs: cannot be loaded: /],
    ['taken.mjs', 'export const plugins = { NodeName: {} };', /there is a plugin NodeName already/],
    [
      'points.mjs',
      'export const plugins = { A: { create() {}, extensionPoints: ["nowhere"] } };',
      /plugins\.A\.extensionPoints: must be a list of preEnqueue/,
    ],
    [
      'create.mjs',
      'export const plugins = { A: { extensionPoints: ["filter"] } };',
      /plugins\.A\.create: must be a function/,
    ],
  ])('are refused: %s', async (name, text, expected) => {
    await expect(loadPlugins([await write(name, text)])).rejects.toThrow(expected);
  });
});
