import type { DeepReadonly, EndpointSlice, Service } from '@kubelab/api';
import type { Informer } from '@kubelab/client';
import { type ComponentContext, createBackoff, sleep, type TraceContext } from '@kubelab/runtime';
import type { Backend } from './backend/backend.js';
import { forgetFlow, staleFlows } from './conntrack.js';
import type { Freshness } from './healthz-server.js';
import { planService } from './plan.js';
import type { ProxyMetrics } from './proxy-metrics.js';
import type { ServiceRules } from './rule-model.js';

export interface RuleLoopOptions {
  readonly nodeName: string;
  readonly backend: Backend;
  readonly services: Informer<Service>;
  /** Indexed by {@link SERVICE_INDEX}. */
  readonly slices: Informer<EndpointSlice>;
  readonly metrics: ProxyMetrics;
  /** How often the kernel's rules are read back and mended. */
  readonly verifyPeriodMs: number;
}

export const SERVICE_INDEX = 'service';

/** `namespace/name` of the Service that a slice belongs to. */
export function serviceKeyOf(slice: DeepReadonly<EndpointSlice>): string | undefined {
  const name = slice.metadata?.labels?.['kubernetes.io/service-name'];
  return name === undefined ? undefined : `${slice.metadata?.namespace}/${name}`;
}

/** Keeps the kernel's rules as the Services and EndpointSlices say, one transaction after another. */
export class RuleLoop {
  readonly #options: RuleLoopOptions;
  readonly #rules = new Map<string, ServiceRules>();
  /** Services to look at again, with the trace of the change that says so. */
  #changed = new Map<string, TraceContext | undefined>();
  #wake: () => void = () => {};
  #updatedMs: number | undefined;
  #waitingSinceMs: number | undefined;

  constructor(options: RuleLoopOptions) {
    this.#options = options;
    options.services.onChange(({ key, trace }) => this.#mark(key, trace));
    options.slices.onChange(({ object, old, trace }) => {
      for (const slice of old ? [object, old] : [object]) {
        const key = serviceKeyOf(slice);
        if (key !== undefined) this.#mark(key, trace);
      }
    });
  }

  /** True once the kernel has had the rules of everything that was there at the start. */
  get programmed(): boolean {
    return this.#updatedMs !== undefined;
  }

  get freshness(): Freshness {
    return { updatedMs: this.#updatedMs, waitingSinceMs: this.#waitingSinceMs };
  }

  async run(signal: AbortSignal, context: ComponentContext): Promise<void> {
    const { services, slices, backend, verifyPeriodMs } = this.#options;
    // Until everything is known nothing is written: what an earlier run programmed goes on working.
    await Promise.all([services.synced(signal), slices.synced(signal)]);
    const backoff = createBackoff({ initialMs: 100, maxMs: 10_000 });
    let compareAll = true;
    while (!signal.aborted) {
      const changed = this.#changed;
      this.#changed = new Map();
      try {
        if (compareAll) await backend.adopt(signal);
        await this.#sync(changed, compareAll, signal, context);
        this.#updatedMs = Date.now();
        this.#waitingSinceMs = this.#changed.size === 0 ? undefined : this.#updatedMs;
        backoff.reset();
        compareAll = this.#changed.size === 0 && (await this.#wait(verifyPeriodMs, signal)) === 'timeout';
      } catch (error) {
        if (signal.aborted) return;
        context.log.error({ error }, 'the kernel did not take the rules; reading them back and trying again');
        this.#options.metrics.failures.inc();
        for (const [key, trace] of changed) if (!this.#changed.has(key)) this.#changed.set(key, trace);
        compareAll = true;
        await sleep(backoff.next(), signal).catch(() => undefined);
      }
    }
  }

  #mark(key: string, trace: TraceContext | undefined): void {
    this.#changed.set(key, trace ?? this.#changed.get(key));
    this.#waitingSinceMs ??= Date.now();
    this.#wake();
  }

  /** Resolves at the next change, the end of the period or the signal, whichever is first. */
  async #wait(periodMs: number, signal: AbortSignal): Promise<'change' | 'timeout'> {
    const stop = new AbortController();
    const change = new Promise<'change'>((resolve) => {
      this.#wake = () => resolve('change');
    });
    const timeout = sleep(periodMs, AbortSignal.any([signal, stop.signal])).then(
      () => 'timeout' as const,
      () => 'change' as const,
    );
    const first = await Promise.race([change, timeout]);
    this.#wake = () => {};
    stop.abort();
    return first;
  }

  async #sync(
    changed: ReadonlyMap<string, TraceContext | undefined>,
    compareAll: boolean,
    signal: AbortSignal,
    { tracer, log }: ComponentContext,
  ): Promise<void> {
    const { backend, metrics } = this.#options;
    const startMs = Date.now();
    const stale = [...changed.keys()].flatMap((key) => this.#plan(key));
    const { changes } = await backend.sync(this.#rules, compareAll ? 'all' : new Set(changed.keys()), signal);
    for (const flow of stale)
      await forgetFlow(flow, signal).catch((error) => log.warn({ error, flow }, 'a stale flow could not be removed'));
    metrics.syncSeconds.observe((Date.now() - startMs) / 1_000);
    if (changes === 0) return;
    log.info(
      { changes, services: changed.size, backend: backend.name, durationMs: Date.now() - startMs },
      'rules programmed',
    );
    for (const [key, parent] of changed)
      tracer
        .startSpan('program rules', {
          parent,
          startTimeMs: startMs,
          attributes: { object: `services/${key}`, backend: backend.name },
        })
        .end();
  }

  #plan(key: string) {
    const { services, slices, nodeName } = this.#options;
    const before = this.#rules.get(key);
    const service = services.get(key);
    if (service === undefined) this.#rules.delete(key);
    else this.#rules.set(key, planService({ service, slices: slices.byIndex(SERVICE_INDEX, key), nodeName }));
    return staleFlows(before, this.#rules.get(key));
  }
}
