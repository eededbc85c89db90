import type { KubernetesObject } from '../../object.js';
import { apiVersionOf, type ResourceStrategy, type ResourceType, type ResourceView } from '../../resource.js';

/** What a view differs in from the row that it is a view of. */
export interface ViewOptions<T extends KubernetesObject> {
  readonly group?: string;
  readonly version: string;
  readonly definition: string;
  /** Of all but `apiVersion`. Default: the shapes are the same. */
  readonly fromStored?: (object: KubernetesObject) => T;
  readonly toStored?: (object: T) => KubernetesObject;
  readonly deprecation?: string;
}

/**
 * The row of a view, with nothing of its own yet but its shape: columns and
 * strategy are those of the stored kind, applied to what is converted.
 */
export function viewOf<S extends KubernetesObject, T extends KubernetesObject>(
  stored: ResourceType<S>,
  options: ViewOptions<T>,
): ResourceType<T> & { readonly view: ResourceView<T> } {
  const { group = stored.group, version, definition, deprecation } = options;
  const view = conversionOf(stored, { ...options, group });
  const toStored = (object: T): S => view.toStored(object) as S;
  return {
    ...stored,
    group,
    version,
    definition,
    columns: stored.columns.map((column) => ({
      ...column,
      value: (object, nowMs) => column.value(toStored(object) as Parameters<typeof column.value>[0], nowMs),
    })),
    selectableFields: Object.fromEntries(
      Object.entries(stored.selectableFields).map(([field, read]) => [field, (object: T) => read(toStored(object))]),
    ),
    strategy: strategyThrough(stored.strategy, view),
    view: { ...view, ...(deprecation === undefined ? {} : { deprecation }) },
    example: undefined as unknown as T,
  };
}

function conversionOf<S extends KubernetesObject, T extends KubernetesObject>(
  stored: ResourceType<S>,
  { group = '', version, fromStored, toStored }: ViewOptions<T>,
): ResourceView<T> {
  return {
    of: stored as unknown as ResourceType,
    fromStored: (object) => ({
      ...(fromStored?.(object) ?? (object as T)),
      apiVersion: apiVersionOf({ group, version }),
    }),
    toStored: (object) => ({
      ...(toStored?.(object) ?? object),
      apiVersion: apiVersionOf(stored),
    }),
  };
}

type AnyFunction = (...parameters: unknown[]) => unknown;

/** Functions of a strategy that change the object, and whether the state before comes second. */
const CHANGING: Readonly<Record<string, boolean>> = {
  setDefaults: false,
  prepareForCreate: false,
  prepareForUpdate: true,
  prepareForSubresource: true,
};

/** Functions of a strategy that only look at it. */
const LOOKING: Readonly<Record<string, boolean>> = {
  validate: false,
  validateCreate: false,
  validateUpdate: true,
  validateStatusUpdate: true,
  warnings: true,
  defaultGracePeriodSeconds: false,
};

/** The stored kind's behaviour, for objects in the view's shape. */
function strategyThrough<S extends KubernetesObject, T extends KubernetesObject>(
  strategy: ResourceStrategy<S>,
  view: ResourceView<T>,
): ResourceStrategy<T> {
  const toStored = (object: unknown) => object && view.toStored(object as T);
  /** Changes `object` as `change` changes what it stands for. */
  const through = (object: T, change: (stored: S) => unknown): void => {
    const stored = structuredClone(toStored(object)) as S;
    change(stored);
    become(object, view.fromStored(stored));
  };
  const functions = strategy as unknown as Readonly<Record<string, AnyFunction | undefined>>;
  const made: Record<string, unknown> = { ...strategy };
  for (const [name, hasOld] of Object.entries({ ...CHANGING, ...LOOKING })) {
    const call = functions[name];
    if (call === undefined) continue;
    const convert = ([second, ...others]: unknown[]) => [hasOld ? toStored(second) : second, ...others];
    made[name] =
      name in CHANGING
        ? (object: T, ...rest: unknown[]) => through(object, (stored) => call(stored, ...convert(rest)))
        : (object: T, ...rest: unknown[]) => call(toStored(object), ...convert(rest));
  }
  const { scale } = strategy;
  if (scale) {
    made.scale = {
      getReplicas: (object: T) => scale.getReplicas(toStored(object) as S),
      setReplicas: (object: T, replicas: number) => through(object, (stored) => scale.setReplicas(stored, replicas)),
      getStatusReplicas: (object: T) => scale.getStatusReplicas(toStored(object) as S),
      getSelector: (object: T) => scale.getSelector(toStored(object) as S),
    };
  }
  return made as ResourceStrategy<T>;
}

/** Gives an object another content. Its metadata stays the same object: who prepares a write holds on to it. */
function become<T extends KubernetesObject>(object: T, next: T): void {
  const { metadata } = object;
  replaceFields(object as Record<string, unknown>, next as Record<string, unknown>);
  if (metadata === undefined || next.metadata === undefined) return;
  replaceFields(metadata as Record<string, unknown>, next.metadata as Record<string, unknown>);
  object.metadata = metadata;
}

function replaceFields(target: Record<string, unknown>, source: Record<string, unknown>): void {
  for (const field of Object.keys(target)) delete target[field];
  Object.assign(target, source);
}
