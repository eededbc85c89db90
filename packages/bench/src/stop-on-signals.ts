import { setMaxListeners } from 'node:events';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first Ctrl-C stops the bench, which cleans up; the second one ends the process there and then. */
export function stopOnSignals(say: (line: string) => void): { signal: AbortSignal; ignore(): void } {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(130);
    say('stopping: removing what was brought up');
    stop.abort(new Error(`stopped by ${name}`));
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  return {
    signal: stop.signal,
    ignore: () => {
      for (const name of STOP_SIGNALS) process.off(name, onSignal);
    },
  };
}
