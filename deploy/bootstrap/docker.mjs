// A Docker engine that answers: the one that does, or one that is started.
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { runQuietly } from './machine.mjs';
import { SetupError, step } from './steps.mjs';

const LOG_FILE = '/var/log/kubelab-dockerd.log';
const PID_FILES = { dockerd: '/var/run/docker.pid', containerd: '/var/run/docker/containerd/containerd.pid' };
const START_LIMIT_MS = 60_000;

/** Starts the engine where none answers. */
export async function ensureDocker() {
  if (await answers()) return;
  await step('start the Docker engine', async () => {
    if (existsSync('/run/systemd/system')) await runQuietly('systemctl', ['start', 'docker']);
    else startDetached();
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await answers())) {
      if (Date.now() > deadline) throw new SetupError(`the Docker engine does not start; see ${LOG_FILE}`);
      await delay(100);
    }
  });
}

function answers() {
  const host = process.env.DOCKER_HOST ?? '';
  const socketPath = host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

/** It outlives us. Pid files of engines that were killed would keep it from starting. */
function startDetached() {
  for (const [name, file] of Object.entries(PID_FILES)) if (existsSync(file) && !runs(file, name)) rmSync(file);
  const log = openSync(LOG_FILE, 'a', 0o600);
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  child.once('error', () => {});
  child.unref();
}

function runs(pidFile, name) {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // A zombie was killed, and only its parent has not asked for it yet.
    return status.includes(`Name:\t${name}\n`) && !/^State:\tZ/m.test(status);
  } catch {
    return false;
  }
}
