/** An object as it is to be created: a template that was read from YAML. */
export interface Template {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Gives each node the label with one of the values, in turn. */
export interface LabelStrategy {
  readonly key: string;
  readonly values: readonly string[];
}

export interface CreateNodes {
  readonly opcode: 'createNodes';
  readonly count: number;
  readonly template?: Template;
  /** One for each, by their names, rather than the same for all. */
  readonly templates?: readonly Template[];
  readonly label?: LabelStrategy;
}

export interface CreateNamespaces {
  readonly opcode: 'createNamespaces';
  /** They are called PREFIX-0, PREFIX-1, … */
  readonly prefix: string;
  readonly count: number;
  readonly template?: Template;
}

export interface CreatePods {
  readonly opcode: 'createPods';
  readonly count: number;
  readonly template: Template;
  /** Default: one of the operation's own, namespace-INDEX. */
  readonly namespace?: string;
  /** Measure from the first create until all are scheduled. */
  readonly collectMetrics: boolean;
  /** Go on at once, whether they are scheduled or not. */
  readonly skipWaitToCompletion: boolean;
}

/** Any other object, such as a PriorityClass. */
export interface CreateAny {
  readonly opcode: 'createAny';
  readonly template: Template;
  readonly namespace?: string;
}

export interface DeletePods {
  readonly opcode: 'deletePods';
  readonly namespace: string;
  readonly labelSelector: Readonly<Record<string, string>>;
  /** Absent: as fast as they go. */
  readonly podsPerSecond?: number;
  readonly skipWaitToCompletion: boolean;
}

/** Goes on in the background until the workload ends. */
export interface Churn {
  readonly opcode: 'churn';
  /** `create`: ever more; `recreate`: delete what was made before, and make it again. */
  readonly mode: 'create' | 'recreate';
  /** Of each template: how many at most (0: no limit), or how many at a time when recreating. */
  readonly number: number;
  readonly intervalMs: number;
  readonly templates: readonly Template[];
  readonly namespace?: string;
}

/** Waits until all pods of the namespaces are scheduled, or have been tried. */
export interface Barrier {
  readonly opcode: 'barrier';
  /** Empty: all that the workload made. */
  readonly namespaces: readonly string[];
  readonly labelSelector: Readonly<Record<string, string>>;
  readonly stage: 'Scheduled' | 'Attempted';
}

export interface Sleep {
  readonly opcode: 'sleep';
  readonly durationMs: number;
}

export interface StartCollectingMetrics {
  readonly opcode: 'startCollectingMetrics';
  readonly name: string;
  /** Empty: all that the workload made. */
  readonly namespaces: readonly string[];
  readonly labelSelector: Readonly<Record<string, string>>;
}

export interface StopCollectingMetrics {
  readonly opcode: 'stopCollectingMetrics';
}

/** Named and meant as in Kubernetes' test/integration/scheduler_perf. */
export type Operation =
  | CreateNodes
  | CreateNamespaces
  | CreatePods
  | CreateAny
  | DeletePods
  | Churn
  | Barrier
  | Sleep
  | StartCollectingMetrics
  | StopCollectingMetrics;

/** What is to be done, one operation after another. */
export interface Workload {
  /** `SchedulingBasic/500Nodes` */
  readonly name: string;
  readonly operations: readonly Operation[];
}
