import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger, parseOptions } from '@kubelab/runtime';
import { clusterPaths } from '../cluster/cluster-paths.js';
import { createEngine } from '../engine/engine.js';
import { componentEnvironment } from '../processes/component-environment.js';
import { Supervisor } from './supervisor.js';

/** The supervisor as a process of its own: SIGTERM and SIGINT end it, and leave the cluster running. */
export function createSupervisorProcess(args: readonly string[]): { run(): Promise<void> } {
  const { stateDir } = parseOptions(args, {
    'state-dir': { kind: 'string', required: true, help: 'where the cluster keeps its state' },
  });
  const binDir = dirname(fileURLToPath(import.meta.url));
  return {
    async run() {
      const log = await createLogger({ component: 'supervisor', level: 'info' });
      const stop = new AbortController();
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
      const supervisor = new Supervisor({
        paths: clusterPaths(stateDir),
        binDir,
        nodePath: process.execPath,
        engine: createEngine(),
        log,
        env: componentEnvironment(stateDir, binDir),
      });
      try {
        await supervisor.run(stop.signal);
        log.info('stopped; the cluster runs on');
        process.exit(0);
      } catch (error) {
        log.fatal({ error }, 'cannot go on');
        process.exit(1);
      }
    },
  };
}
