/** A plugin as a profile names it, with what its score counts. */
export interface EnabledPlugin {
  readonly name: string;
  /** 0: not said. */
  readonly weight: number;
}

export interface PluginSet {
  readonly enabled: readonly EnabledPlugin[];
  /** `*`: all of the default ones. */
  readonly disabled: readonly string[];
}

/** The extension points that a profile's plugins can be set for, by Kubernetes' names. */
export const EXTENSION_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

export interface ProfileConfiguration {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number;
  /** The plugins of each extension point, in order. */
  readonly plugins: Readonly<Record<ExtensionPoint, readonly EnabledPlugin[]>>;
  /** Arguments by plugin, already read: what its factory takes. */
  readonly pluginArguments: ReadonlyMap<string, unknown>;
}

export interface ManagedResource {
  readonly name: string;
  /** The scheduler does not look at it itself. */
  readonly ignoredByScheduler: boolean;
}

export interface ExtenderConfiguration {
  readonly urlPrefix: string;
  readonly filterVerb: string;
  readonly prioritizeVerb: string;
  readonly preemptVerb: string;
  readonly bindVerb: string;
  readonly weight: number;
  readonly tls: ExtenderTls | undefined;
  readonly httpTimeoutMs: number;
  /** It knows the nodes: names are enough. */
  readonly nodeCacheCapable: boolean;
  /** Empty: it is asked about every pod. */
  readonly managedResources: readonly ManagedResource[];
  /** Where it cannot be reached, go on without it. */
  readonly ignorable: boolean;
}

export interface ExtenderTls {
  readonly insecure: boolean;
  readonly serverName: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface LeaderElectionConfiguration {
  readonly leaderElect: boolean;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly resourceName: string;
  readonly resourceNamespace: string;
}

/** `kubescheduler.config.k8s.io/v1` KubeSchedulerConfiguration, read, checked and with its defaults. */
export interface SchedulerConfiguration {
  readonly profiles: readonly ProfileConfiguration[];
  readonly extenders: readonly ExtenderConfiguration[];
  readonly leaderElection: LeaderElectionConfiguration | undefined;
  readonly podInitialBackoffMs: number;
  readonly podMaxBackoffMs: number;
}
