import { isMap, LineCounter, type Node, parseDocument } from 'yaml';
import { type PluginRegistry, pluginTakesPart } from '../registry.js';
import {
  type EnabledPlugin,
  EXTENSION_POINTS,
  type ExtenderConfiguration,
  type ExtensionPoint,
  type LeaderElectionConfiguration,
  type PluginSet,
  type ProfileConfiguration,
  type SchedulerConfiguration,
} from './configuration.js';
import { ConfigurationError } from './configuration-error.js';
import { Field, type Problems } from './field.js';
import { expandPlugins, type WrittenPlugins } from './plugin-sets.js';

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';
const DEFAULT_SCHEDULER = 'default-scheduler';

/** What holds where there is no file. */
export function defaultConfiguration(registry: PluginRegistry): SchedulerConfiguration {
  return readConfiguration(`apiVersion: ${API_VERSION}\nkind: ${KIND}\n`, 'default', registry);
}

/**
 * Reads a KubeSchedulerConfiguration.
 * @throws ConfigurationError with every problem: `FILE:LINE: profiles[0].plugins.score.enabled[1].name: …`
 */
export function readConfiguration(text: string, file: string, registry: PluginRegistry): SchedulerConfiguration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problems = { file, lines, found: [] };
  for (const { message, pos } of document.errors)
    problems.found.push(`${file}:${lines.linePos(pos[0]).line}: ${message}`);
  if (problems.found.length > 0) throw new ConfigurationError(problems.found);
  const root = new Field((document.contents ?? undefined) as Node | undefined, '', problems);
  if (!isMap(document.contents)) {
    root.problem(`must be an object of kind ${KIND}`);
    throw new ConfigurationError(problems.found);
  }
  const configuration = readRoot(root, registry);
  if (problems.found.length > 0) throw new ConfigurationError(problems.found);
  return configuration;
}

function readRoot(root: Field, registry: PluginRegistry): SchedulerConfiguration {
  const fields = root.fields([
    'apiVersion',
    'kind',
    'parallelism',
    'leaderElection',
    'clientConnection',
    'enableProfiling',
    'enableContentionProfiling',
    'healthzBindAddress',
    'metricsBindAddress',
    'delayCacheUntilActive',
    'percentageOfNodesToScore',
    'podInitialBackoffSeconds',
    'podMaxBackoffSeconds',
    'profiles',
    'extenders',
  ]);
  if (fields.apiVersion.requiredString() !== API_VERSION) fields.apiVersion.invalid(`must be ${API_VERSION}`);
  if (fields.kind.requiredString() !== KIND) fields.kind.invalid(`must be ${KIND}`);
  // Decisions are made one after another here, however many could be made at once.
  if (!fields.parallelism.isAbsent) fields.parallelism.number(16, { min: 1 });
  const percentage = fields.percentageOfNodesToScore.number(0, { min: 0, max: 100 });
  const initial = fields.podInitialBackoffSeconds.number(1, { min: 1 });
  const max = fields.podMaxBackoffSeconds.number(Math.max(10, initial), { min: 1 });
  if (max < initial) fields.podMaxBackoffSeconds.invalid('must be greater than or equal to podInitialBackoffSeconds');
  const written = fields.profiles.list();
  if (!fields.profiles.isAbsent && written.length === 0) fields.profiles.problem('Required value');
  const profiles = (written.length > 0 ? written : [emptyField()]).map((field) =>
    readProfile(field, percentage, registry),
  );
  checkProfiles(profiles, written);
  return {
    profiles,
    extenders: readExtenders(fields.extenders),
    leaderElection: fields.leaderElection.isAbsent ? undefined : readLeaderElection(fields.leaderElection),
    podInitialBackoffMs: initial * 1_000,
    podMaxBackoffMs: max * 1_000,
  };
}

const emptyField = (): Field => new Field(undefined, 'profiles[0]', { file: '', lines: new LineCounter(), found: [] });

function checkProfiles(profiles: readonly ProfileConfiguration[], fields: readonly Field[]): void {
  const names = new Set<string>();
  const sort = (profile: ProfileConfiguration) => profile.plugins.queueSort.map(({ name }) => name).join();
  profiles.forEach((profile, index) => {
    const field = fields[index];
    if (profiles.length > 1 && names.has(profile.schedulerName))
      field?.problem(`schedulerName: Duplicate value: ${JSON.stringify(profile.schedulerName)}`);
    if (profile.schedulerName === '') field?.problem('schedulerName: Required value');
    names.add(profile.schedulerName);
    if (profile.plugins.queueSort.length !== 1)
      field?.problem('plugins.queueSort: exactly one queue sort plugin is required');
    if (profile.plugins.bind.length === 0) field?.problem('plugins.bind: at least one bind plugin is needed');
    // All pods wait in one queue.
    if (sort(profile) !== sort(profiles[0] as ProfileConfiguration))
      field?.problem('plugins.queueSort: must be the same in all profiles');
  });
}

function readProfile(field: Field, percentage: number, registry: PluginRegistry): ProfileConfiguration {
  const { schedulerName, percentageOfNodesToScore, plugins, pluginConfig } = field.fields([
    'schedulerName',
    'percentageOfNodesToScore',
    'plugins',
    'pluginConfig',
  ]);
  const expanded = expandPlugins(readPlugins(plugins, registry), (name, point) =>
    pluginTakesPart(registry, name, point),
  );
  return {
    schedulerName: schedulerName.string(DEFAULT_SCHEDULER),
    percentageOfNodesToScore: percentageOfNodesToScore.number(percentage, { min: 0, max: 100 }),
    plugins: expanded,
    pluginArguments: readPluginArguments(pluginConfig, registry, expanded),
  };
}

function readPlugins(field: Field, registry: PluginRegistry): WrittenPlugins {
  const points = [...EXTENSION_POINTS, 'multiPoint'] as const;
  const fields = field.fields(points);
  return Object.fromEntries(
    points.map((point) => [point, readPluginSet(fields[point], point, registry)]),
  ) as unknown as WrittenPlugins;
}

function readPluginSet(field: Field, point: ExtensionPoint | 'multiPoint', registry: PluginRegistry): PluginSet {
  const fields = field.fields(['enabled', 'disabled']);
  const seen = new Set<string>();
  const enabled = fields.enabled.list().map((each): EnabledPlugin => {
    const { name, weight } = each.fields(['name', 'weight']);
    const wanted = name.requiredString();
    if (wanted !== '' && !registry.has(wanted)) name.invalid('there is no such plugin');
    else if (wanted !== '' && point !== 'multiPoint' && !pluginTakesPart(registry, wanted, point))
      name.invalid(`the plugin does not take part in ${point}`);
    if (seen.has(wanted)) name.invalid('the plugin is already enabled');
    seen.add(wanted);
    return { name: wanted, weight: weight.number(0, { min: 0 }) };
  });
  const disabled = fields.disabled.list().map((each) => each.fields(['name', 'weight']).name.requiredString());
  return { enabled, disabled };
}

/** Of the plugins that are in use, those without arguments having their defaults. */
function readPluginArguments(
  field: Field,
  registry: PluginRegistry,
  plugins: ProfileConfiguration['plugins'],
): Map<string, unknown> {
  const written = new Map<string, Field>();
  for (const each of field.list()) {
    const { name, args } = each.fields(['name', 'args']);
    const plugin = name.requiredString();
    if (plugin === '') continue;
    if (!registry.has(plugin)) name.invalid('there is no such plugin');
    else if (written.has(plugin)) name.problem(`Duplicate value: ${JSON.stringify(plugin)}`);
    else checkTypeMeta(plugin, args);
    written.set(plugin, args);
  }
  const result = new Map<string, unknown>();
  const names = new Set([...written.keys(), ...Object.values(plugins).flatMap((list) => list.map(({ name }) => name))]);
  for (const name of names) {
    const definition = registry.get(name);
    if (definition) result.set(name, definition.readArguments(written.get(name) ?? emptyField()));
  }
  return result;
}

function checkTypeMeta(plugin: string, args: Field): void {
  const { apiVersion, kind } = (args.raw ?? {}) as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== undefined && apiVersion !== API_VERSION) args.problem(`apiVersion must be ${API_VERSION}`);
  if (kind !== undefined && kind !== `${plugin}Args`) args.problem(`kind must be ${plugin}Args`);
}

function readLeaderElection(field: Field): LeaderElectionConfiguration {
  const fields = field.fields([
    'leaderElect',
    'leaseDuration',
    'renewDeadline',
    'retryPeriod',
    'resourceLock',
    'resourceName',
    'resourceNamespace',
  ]);
  fields.resourceLock.oneOf(['leases'], 'leases');
  const configuration = {
    leaderElect: fields.leaderElect.boolean(true),
    leaseDurationMs: fields.leaseDuration.durationMs(15_000),
    renewDeadlineMs: fields.renewDeadline.durationMs(10_000),
    retryPeriodMs: fields.retryPeriod.durationMs(2_000),
    resourceName: fields.resourceName.string('kube-scheduler'),
    resourceNamespace: fields.resourceNamespace.string('kube-system'),
  };
  if (configuration.leaseDurationMs <= configuration.renewDeadlineMs)
    fields.leaseDuration.problem('LeaseDuration must be greater than RenewDeadline');
  if (configuration.renewDeadlineMs <= configuration.retryPeriodMs)
    fields.renewDeadline.problem('RenewDeadline must be greater than RetryPeriod');
  return configuration;
}

function readExtenders(field: Field): ExtenderConfiguration[] {
  const extenders = field.list().map(readExtender);
  const binders = extenders.filter(({ bindVerb }) => bindVerb !== '').length;
  if (binders > 1) field.problem(`found ${binders} extenders implementing bind, only one is allowed`);
  return extenders;
}

function readExtender(field: Field): ExtenderConfiguration {
  const fields = field.fields([
    'urlPrefix',
    'filterVerb',
    'preemptVerb',
    'prioritizeVerb',
    'weight',
    'bindVerb',
    'enableHTTPS',
    'tlsConfig',
    'httpTimeout',
    'nodeCacheCapable',
    'managedResources',
    'ignorable',
  ]);
  const urlPrefix = fields.urlPrefix.requiredString();
  if (urlPrefix !== '' && !URL.canParse(urlPrefix)) fields.urlPrefix.invalid('must be a URL');
  const prioritizeVerb = fields.prioritizeVerb.string('');
  const weight = fields.weight.number(prioritizeVerb === '' ? 1 : 0, { min: 0 });
  if (prioritizeVerb !== '' && weight <= 0) fields.weight.invalid('must have a positive weight applied to it');
  const tls = fields.tlsConfig.fields(['insecure', 'serverName', 'certFile', 'keyFile', 'caFile']);
  const managedResources = fields.managedResources.list().map((each) => {
    const { name, ignoredByScheduler } = each.fields(['name', 'ignoredByScheduler']);
    const resource = name.requiredString();
    if (resource !== '' && !resource.includes('/')) name.invalid('is an invalid extended resource name');
    return { name: resource, ignoredByScheduler: ignoredByScheduler.boolean(false) };
  });
  return {
    urlPrefix,
    filterVerb: fields.filterVerb.string(''),
    prioritizeVerb,
    preemptVerb: fields.preemptVerb.string(''),
    bindVerb: fields.bindVerb.string(''),
    weight,
    tls:
      fields.enableHTTPS.boolean(false) || urlPrefix.startsWith('https:')
        ? {
            insecure: tls.insecure.boolean(false),
            serverName: tls.serverName.string(''),
            caFile: tls.caFile.string(''),
            certFile: tls.certFile.string(''),
            keyFile: tls.keyFile.string(''),
          }
        : undefined,
    httpTimeoutMs: fields.httpTimeout.durationMs(5_000),
    nodeCacheCapable: fields.nodeCacheCapable.boolean(false),
    managedResources,
    ignorable: fields.ignorable.boolean(false),
  };
}
