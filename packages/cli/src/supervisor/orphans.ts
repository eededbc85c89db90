import { PROCESS_VARIABLE, STATE_DIR_VARIABLE } from '../processes/component-environment.js';
import { livePidFiles } from '../processes/pid-file.js';
import { findByEnvironment, type ProcessIdentity } from '../processes/process-identity.js';

/**
 * The processes of a cluster that no pid file tells of: a supervisor that was
 * killed between the start of a process and the writing of its file leaves one.
 * Children of a process that a file tells of are not among them.
 */
export function findOrphans(stateDir: string, runDir: string): ProcessIdentity[] {
  const known = new Set(livePidFiles(runDir).map(({ name }) => name));
  return findByEnvironment(
    (environment) =>
      environment.get(STATE_DIR_VARIABLE) === stateDir &&
      environment.has(PROCESS_VARIABLE) &&
      !known.has(environment.get(PROCESS_VARIABLE) ?? ''),
  );
}
