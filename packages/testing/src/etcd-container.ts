import { spawnSync } from 'node:child_process';
import Docker from 'dockerode';
import { GenericContainer, Wait } from 'testcontainers';
import { type EtcdProcess, freePort, waitUntilHealthy } from './etcd-process.js';
import { ensureImages, IMAGES } from './images.js';

const CLIENT_PORT = 2379;

/**
 * The same as {@link startEtcd}, in a container made by testcontainers from the
 * locally built image: `kill` and `restart` are the engine's own kill and start.
 * Its port on this machine is fixed, for a published one would change.
 */
export async function startEtcdContainer(): Promise<EtcdProcess> {
  // The reaper is an image to pull and a privileged container; here the test that starts it stops it.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  await ensureImages(['etcd']);
  const hostPort = await freePort();
  const started = await new GenericContainer(IMAGES.etcd)
    .withLabels({ 'kubelab.test': 'etcd' })
    .withExposedPorts({ container: CLIENT_PORT, host: hostPort })
    .withWaitStrategy(Wait.forHttp('/health', CLIENT_PORT).forStatusCode(200))
    .start();
  const endpoint = `http://${started.getHost()}:${hostPort}`;
  const container = new Docker().getContainer(started.getId());
  const remove = (): void => {
    spawnSync('docker', ['rm', '--force', '--volumes', started.getId()]);
  };
  process.on('exit', remove);

  const kill = async (): Promise<void> => {
    const { State } = await container.inspect();
    if (State.Running) await container.kill({ signal: 'SIGKILL' });
    await container.wait();
  };
  return {
    endpoint,
    kill,
    pause: async () => void (await container.pause()),
    resume: async () => void (await container.unpause()),
    restart: async () => {
      await kill();
      await container.start();
      await waitUntilHealthy(endpoint);
    },
    stop: async () => {
      process.off('exit', remove);
      await started.stop({ remove: true, removeVolumes: true, timeout: 0 });
    },
  };
}
