import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger, parseOptions } from '@kubelab/runtime';
import { clusterPaths } from '../cluster/cluster-paths.js';
import { createEngine } from '../engine/engine.js';
import { componentEnvironment } from '../processes/component-environment.js';
import { writePidFile } from '../processes/pid-file.js';
import { identify } from '../processes/process-identity.js';
import { digestCommand } from '../processes/running-process.js';
import { claimSupervision } from './claim.js';
import { SUPERVISOR, untilSupervisorKnown } from './start-supervisor.js';
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
      const paths = clusterPaths(stateDir);
      if (!(await claimSupervision(paths.stateDir))) {
        log.info('another supervisor has this cluster in its care');
        // Whoever started this one takes its end for a failure unless the other one can be found.
        await untilSupervisorKnown(paths);
        process.exit(0);
      }
      await writeOwnPidFile(paths.runDir);
      const stop = new AbortController();
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
      const supervisor = new Supervisor({
        paths,
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

/** By itself, so that there is no moment at which it runs and is not known. */
async function writeOwnPidFile(runDir: string): Promise<void> {
  const identity = identify(process.pid);
  if (!identity) throw new Error('this process is not in /proc');
  const commandDigest = digestCommand(process.execPath, [...process.execArgv, ...process.argv.slice(1)]);
  await writePidFile(runDir, { ...identity, name: SUPERVISOR, commandDigest, restarts: 0 });
}
