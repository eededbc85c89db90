import { existsSync } from 'node:fs';
import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll } from 'vitest';
import { TestCluster } from './kubelab-command.js';
import { environment } from './workloads/environment.js';
import { lives } from './workloads/lives.js';
import { rollouts } from './workloads/rollouts.js';
import { scheduling } from './workloads/scheduling.js';
import { volumes } from './workloads/volumes.js';

const cluster = new TestCluster('e2e-workloads');

beforeAll(async () => {
  await ensureImages(['pause', 'nginx', 'nginx-1.22', 'busybox']);
  await cluster.must('up', '--nodes=3');
});

afterAll(async () => {
  if (existsSync(cluster.stateDir)) await cluster.remove();
});

rollouts(cluster);
environment(cluster);
volumes(cluster);
lives(cluster);
scheduling(cluster);
