import type Docker from 'dockerode';
import { fromLabels } from './docker-labels.js';
import type { RunningResources, RuntimeContainer } from './runtime.js';

/** What an inspect answers, as the contract has it. */
export function toRuntimeContainer(info: Docker.ContainerInspectInfo): RuntimeContainer {
  const { State: state, Config: config } = info;
  const labelled = fromLabels(config.Labels ?? {});
  return {
    ...labelled,
    id: info.Id,
    state: stateOf(state),
    pid: state.Pid,
    createdAtMs: timeOf(info.Created),
    startedAtMs: timeOf(state.StartedAt),
    finishedAtMs: state.Running ? 0 : timeOf(state.FinishedAt),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    image: config.Image,
    imageId: info.Image,
    tty: config.Tty,
    stopSignal: (config as { StopSignal?: string }).StopSignal ?? 'SIGTERM',
    resources: resourcesOf(info.HostConfig),
  };
}

/** The engine writes 0 for "no limit". */
function resourcesOf({ CpuShares, CpuQuota, Memory }: Docker.HostConfig): RunningResources {
  return {
    cpuShares: CpuShares ?? 0,
    cpuQuotaMicroseconds: CpuQuota || undefined,
    memoryBytes: Memory || undefined,
  };
}

function stateOf(state: Docker.ContainerInspectInfo['State']): RuntimeContainer['state'] {
  if (state.Running) return 'running';
  // A container whose start failed stays "created", with the reason; it never runs again.
  return state.Status === 'created' && state.Error === '' ? 'created' : 'exited';
}

/** Docker writes the year 1 for "never". */
function timeOf(text: string): number {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) || milliseconds < 0 ? 0 : milliseconds;
}
