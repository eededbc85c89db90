import type Docker from 'dockerode';
import {
  cgroupLimits,
  containerOptions,
  type DockerContainerSettings,
  sandboxOptions,
} from './docker-container-options.js';
import { engineCall, statusCodeOf } from './docker-errors.js';
import { toRuntimeContainer } from './docker-inspection.js';
import { fromLabels, ownershipFilter } from './docker-labels.js';
import type {
  ContainerRuntime,
  ContainerSpec,
  RuntimeContainer,
  RuntimeContainerSummary,
  SandboxSpec,
} from './runtime.js';
import { RuntimeError } from './runtime.js';

type Containers = Pick<
  ContainerRuntime,
  'list' | 'inspect' | 'runSandbox' | 'createContainer' | 'startContainer' | 'updateResources' | 'stop' | 'remove'
>;

/** Sandboxes and containers: their life from creation to removal. */
export function dockerContainers(docker: Docker, settings: DockerContainerSettings): Containers {
  async function inspect(id: string, signal: AbortSignal): Promise<RuntimeContainer | undefined> {
    try {
      return toRuntimeContainer(
        await engineCall('inspect container', signal, () => docker.getContainer(id).inspect({ abortSignal: signal })),
      );
    } catch (error) {
      if (error instanceof RuntimeError && error.kind === 'notFound') return undefined;
      throw error;
    }
  }

  /** A name that is taken is a container that an earlier attempt has made: take it over. */
  async function create(options: Docker.ContainerCreateOptions, signal: AbortSignal): Promise<string> {
    try {
      return (await docker.createContainer({ ...options, abortSignal: signal })).id;
    } catch (error) {
      if (statusCodeOf(error) !== 409) throw error;
      const existing = await docker.getContainer(options.name ?? '').inspect({ abortSignal: signal });
      return existing.Id;
    }
  }

  async function start(id: string, signal: AbortSignal): Promise<RuntimeContainer> {
    await docker.getContainer(id).start({ abortSignal: signal });
    const started = await inspect(id, signal);
    if (started === undefined) throw new RuntimeError('notFound', `start container: No such container: ${id}`);
    return started;
  }

  async function list(signal: AbortSignal): Promise<readonly RuntimeContainerSummary[]> {
    const filters = JSON.stringify({ label: ownershipFilter(settings.ownership) });
    const found = await engineCall('list containers', signal, () =>
      docker.listContainers({ all: true, filters, abortSignal: signal }),
    );
    return found.map(({ Id, Labels, State }) => ({
      id: Id,
      podUid: fromLabels(Labels).pod.uid,
      state: stateOf(State),
    }));
  }

  return {
    list,
    inspect,

    async runSandbox(spec: SandboxSpec, signal: AbortSignal) {
      return engineCall('run sandbox', signal, async () =>
        start(await create(sandboxOptions(spec, settings), signal), signal),
      );
    },

    async createContainer(spec: ContainerSpec, signal: AbortSignal) {
      return engineCall('create container', signal, () => create(containerOptions(spec, settings), signal));
    },

    async startContainer(id, signal) {
      return engineCall('start container', signal, () => start(id, signal));
    },

    async updateResources(id, resources, signal) {
      return engineCall('update container', signal, async () => {
        await docker.getContainer(id).update({ ...cgroupLimits(resources), abortSignal: signal });
        const updated = await inspect(id, signal);
        if (updated === undefined) throw new RuntimeError('notFound', `update container: No such container: ${id}`);
        return updated;
      });
    },

    async stop(id, gracePeriodSeconds, signal) {
      await ignoring([304, 404], () =>
        engineCall('stop container', signal, () =>
          docker.getContainer(id).stop({ t: gracePeriodSeconds, abortSignal: signal }),
        ),
      );
    },

    async remove(id, signal) {
      // 409: another removal of it is in progress.
      await ignoring([404, 409], () =>
        engineCall('remove container', signal, () =>
          docker.getContainer(id).remove({ force: true, v: true, abortSignal: signal }),
        ),
      );
    },
  };
}

/** The engine's words in a list. */
function stateOf(state: string): RuntimeContainer['state'] {
  if (state === 'running' || state === 'paused' || state === 'restarting') return 'running';
  return state === 'created' ? 'created' : 'exited';
}

async function ignoring(statusCodes: readonly number[], call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const statusCode = error instanceof RuntimeError ? statusCodeOf(error.cause) : undefined;
    if (statusCode === undefined || !statusCodes.includes(statusCode)) throw error;
  }
}
