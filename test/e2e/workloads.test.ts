import { ensureImages } from '@kubelab/testing';
import { afterAll, beforeAll } from 'vitest';
import { TestCluster } from './kubelab-command.js';
import { removeCluster } from './remove-cluster.js';
import { uniqueName } from './unique-name.js';
import { environment } from './workloads/environment.js';
import { lives } from './workloads/lives.js';
import { rollouts } from './workloads/rollouts.js';
import { scheduling } from './workloads/scheduling.js';
import { volumes } from './workloads/volumes.js';

const cluster = new TestCluster(uniqueName('e2e-workloads'));

beforeAll(async () => {
  await ensureImages(['pause', 'nginx', 'nginx-1.22', 'busybox']);
  await cluster.must('up', '--nodes=3');
});

afterAll(async () => {
  await removeCluster(cluster);
});

rollouts(cluster);
environment(cluster);
volumes(cluster);
lives(cluster);
scheduling(cluster);
