import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { CommonOptions } from './common-options.js';
import type { Component } from './component.js';
import { createTracer } from './create-tracer.js';
import type { DebugPages } from './debug-pages.js';
import { createHealthChecks } from './health.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';
import { startMetricsServer } from './metrics-server.js';
import type { ReportingTracer, SpanSink } from './tracer.js';

/**
 * Runs a component as this process, and ends the process with it: with 0 after
 * SIGTERM or SIGINT, which abort the component's signal, or when it is done by
 * itself; with 1 when it fails, on a second signal, and on an error that nobody
 * caught. Log, metrics, health and traces are made here.
 */
export async function runComponent(component: Component, options: CommonOptions): Promise<void> {
  const { name, instance } = component;
  const log = await createLogger({ component: name, instance, level: options.logLevel });
  const stop = new AbortController();
  // Every call and timer under way listens to it.
  setMaxListeners(0, stop.signal);
  handleSignals(stop, log);
  dieOfUncaughtErrors(log);
  let code = 0;
  try {
    await run(component, options, log, stop.signal);
    log.info('stopped');
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) {
      log.info('stopped');
    } else {
      log.fatal({ error }, 'cannot go on');
      code = 1;
    }
  }
  process.exit(code);
}

async function run(component: Component, options: CommonOptions, log: Logger, signal: AbortSignal): Promise<void> {
  const { name, instance = '' } = component;
  const metrics = createMetrics(name, instance);
  const health = createHealthChecks();
  health.add('ping', 'live', () => {});
  health.add('shutdown', 'ready', () => {
    if (signal.aborted) throw new Error('the process is shutting down');
  });
  const debugPages: DebugPages = new Map();
  const tracer = createTracer({ component: name, ...(instance === '' ? {} : { instance }) });
  const otlp = options.otlpEndpoint ? await exportTo(options.otlpEndpoint, tracer, name, log) : undefined;
  const server = options.metricsAddress
    ? await startMetricsServer(options.metricsAddress, { metrics, health, debugPages })
    : undefined;
  try {
    log.info({ pid: process.pid, ...(server ? { metricsAddress: server.address } : {}) }, 'starting');
    await component.run(signal, { log, metrics, tracer: otlp?.tracer ?? tracer, health, debugPages });
  } finally {
    tracer.flush();
    await Promise.all([server?.close(), otlp?.shutdown()]);
  }
}

/** Sends every span to the collector as well as to the sink that the component sets. */
async function exportTo(
  endpoint: string,
  tracer: ReportingTracer,
  name: string,
  log: Logger,
): Promise<{ tracer: ReportingTracer; shutdown(): Promise<void> }> {
  const { createOtlpExport } = await import('./otlp-sink.js');
  const otlp = await createOtlpExport(endpoint, name, log);
  const setSink = (sink: SpanSink | undefined) =>
    tracer.setSink((spans) => {
      otlp.sink(spans);
      sink?.(spans);
    });
  setSink(undefined);
  return { tracer: { ...tracer, setSink }, shutdown: otlp.shutdown };
}

function handleSignals(stop: AbortController, log: Logger): void {
  const onSignal = (signalName: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      log.warn({ signal: signalName }, 'asked to stop again: leaving at once');
      process.exit(1);
    }
    log.info({ signal: signalName }, 'stopping');
    stop.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function dieOfUncaughtErrors(log: Logger): void {
  process.on('unhandledRejection', (error) => {
    log.fatal({ error }, 'a promise was rejected and nobody handled it');
    process.exit(1);
  });
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'an error was thrown and nobody caught it');
    process.exit(1);
  });
}
