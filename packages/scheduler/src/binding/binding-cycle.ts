import type { TraceContext } from '@kubelab/runtime';
import type { NodeInfo } from '../cluster/node-info.js';
import type { Cycle } from '../decision/cycle.js';
import type { HttpExtender } from '../extender/http-extender.js';
import type { Plugin, Rejection } from '../framework.js';
import type { Permission, WaitingPods } from './waiting-pods.js';

export interface BindingOptions {
  readonly extenders: readonly HttpExtender[];
  readonly waiting: WaitingPods;
  readonly onExtensionPoint: (profile: string, point: string, status: string, milliseconds: number) => void;
  readonly onPermitWait: (result: string, milliseconds: number) => void;
}

/** What a pod takes with it from its decision to its binding: the cycle itself is used again meanwhile. */
export type Placed = Pick<Cycle, 'profile' | 'pod' | 'state'> & { readonly node: NodeInfo };

/** A plugin was against it, or failed. */
export interface Refusal {
  readonly plugin: string;
  readonly rejection: Rejection;
}

/** Sets aside what the pod will use. Where a plugin refuses, all of them have given it back. */
export function reserve(placed: Placed, options: BindingOptions): Refusal | undefined {
  const { profile, state, pod, node } = placed;
  if (profile.reserve.length === 0) return undefined;
  const startMs = performance.now();
  for (const plugin of profile.reserve) {
    const rejection = plugin.reserve?.(state, pod, node);
    if (rejection === undefined) continue;
    unreserve(placed);
    options.onExtensionPoint(profile.schedulerName, 'Reserve', statusOf(rejection), performance.now() - startMs);
    return { plugin: plugin.name, rejection };
  }
  options.onExtensionPoint(profile.schedulerName, 'Reserve', 'Success', performance.now() - startMs);
  return undefined;
}

export function unreserve({ profile, state, pod, node }: Placed): void {
  for (const plugin of [...profile.reserve].reverse()) plugin.unreserve?.(state, pod, node);
}

/** Asks for permission; the answer may be how long to wait for it, by plugin. */
export function permit({ profile, state, pod, node }: Placed): Refusal | ReadonlyMap<string, number> {
  const waits = new Map<string, number>();
  for (const plugin of profile.permit) {
    const result = plugin.permit?.(state, pod, node);
    if (result === undefined) continue;
    if ('waitMs' in result) waits.set(plugin.name, result.waitMs);
    else return { plugin: plugin.name, rejection: result };
  }
  return waits;
}

/** Resolves with why the pod may not be bound, where it may not. */
export async function waitForPermission(
  { pod }: Placed,
  waits: ReadonlyMap<string, number>,
  { waiting, onPermitWait }: BindingOptions,
  signal: AbortSignal,
): Promise<Permission> {
  if (waits.size === 0) return undefined;
  const startMs = performance.now();
  const permission = await waiting.wait(pod, waits, signal);
  onPermitWait(permission ? 'Unschedulable' : 'Success', performance.now() - startMs);
  return permission;
}

/**
 * Runs PreBind, Bind and PostBind.
 * @throws what a plugin, an extender or the API came to
 */
export async function bind(
  placed: Placed,
  options: BindingOptions,
  write: { annotations: Readonly<Record<string, string>> | undefined; trace: TraceContext | undefined },
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { profile, state, pod, node } = placed;
  const name = profile.schedulerName;
  if (profile.preBind.length > 0) {
    const startMs = performance.now();
    for (const plugin of profile.preBind) {
      const work = plugin.preBind?.(state, pod, node, signal);
      const rejection = work === undefined ? undefined : await work;
      if (rejection === undefined) continue;
      options.onExtensionPoint(name, 'PreBind', statusOf(rejection), performance.now() - startMs);
      return { plugin: plugin.name, rejection };
    }
    options.onExtensionPoint(name, 'PreBind', 'Success', performance.now() - startMs);
  }
  const bindMs = performance.now();
  const extender = options.extenders.find((each) => each.binds && each.isInterested(pod));
  if (extender) await extender.bind(pod, node.name);
  else await bindByPlugin(profile.bind, placed, write, signal);
  options.onExtensionPoint(name, 'Bind', 'Success', performance.now() - bindMs);
  for (const plugin of profile.postBind) plugin.postBind?.(state, pod, node);
  return undefined;
}

async function bindByPlugin(
  plugins: readonly Plugin[],
  { state, pod, node }: Placed,
  write: { annotations: Readonly<Record<string, string>> | undefined; trace: TraceContext | undefined },
  signal: AbortSignal,
): Promise<void> {
  for (const plugin of plugins) if ((await plugin.bind?.({ state, pod, node, ...write, signal })) === undefined) return;
  throw new Error(`all plugins skip binding ${pod.key}`);
}

const statusOf = ({ isError, unresolvable }: Rejection): string =>
  isError ? 'Error' : unresolvable ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
