import { expect } from 'vitest';
import { since, step, type Tour } from './tour.js';

/** Deployments: images, scale, rollouts, exposure; and what goes when they go. */
export async function workloads(tour: Tour): Promise<void> {
  await scaling(tour);
  await rollouts(tour);
  await cascades(tour);
}

async function rollouts(tour: Tour): Promise<void> {
  // Between the oldest and the newest, without pods.
  const name = tour.whole ? 'web' : 'idle';
  if (!tour.whole) {
    await step(tour, ['create', 'deployment', name, '--image=nginx', '--replicas=0']);
    await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=90s']);
  }
  const done = new RegExp(`deployment "${name}" successfully rolled out`);
  await step(tour, ['annotate', 'deploy', name, 'kubernetes.io/change-cause=first']);
  await step(tour, ['set', 'image', `deploy/${name}`, 'nginx=nginx:1.22'], {
    stdout: /^deployment\.apps\/(web|idle) image updated\n$/,
  });
  await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=90s'], { stdout: done });
  await step(tour, ['rollout', 'history', `deploy/${name}`], { stdout: /^REVISION +CHANGE-CAUSE\n1 +\S+\n2 +\S+\n/m });
  await step(tour, ['rollout', 'history', `deploy/${name}`, '--revision=2'], { stdout: /Image:\s+nginx:1\.22/ });
  await step(tour, ['rollout', 'undo', `deploy/${name}`, '--to-revision=1'], {
    stdout: /^deployment\.apps\/(web|idle) rolled back\n$/,
  });
  await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=90s'], { stdout: done });
  await step(tour, ['get', 'deploy', name, '-o', 'jsonpath={..image}'], { stdout: /^nginx$/ });
  await step(tour, ['rollout', 'pause', `deploy/${name}`], { stdout: /deployment\.apps\/(web|idle) paused/ });
  await step(tour, ['set', 'env', `deploy/${name}`, 'MODE=tour'], {
    stdout: /deployment\.apps\/(web|idle) env updated/,
  });
  await step(tour, ['set', 'resources', `deploy/${name}`, '--requests=cpu=1m'], {
    stdout: /resource requirements updated/,
  });
  await step(tour, ['rollout', 'undo', `deploy/${name}`], { code: 1, stderr: /cannot rollback a paused deployment/i });
  await step(tour, ['rollout', 'resume', `deploy/${name}`], { stdout: /deployment\.apps\/(web|idle) resumed/ });
  await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=90s'], { stdout: done });
  await step(tour, ['set', 'env', `deploy/${name}`, '--list'], { stdout: /MODE=tour/ });
  await step(tour, ['rollout', 'restart', `deploy/${name}`], { stdout: /deployment\.apps\/(web|idle) restarted/ });
  await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=90s'], { stdout: done });
}

async function scaling(tour: Tour): Promise<void> {
  await step(tour, ['scale', 'deploy/web', '--replicas=3', '--current-replicas=9'], {
    code: 1,
    stderr: /Expected replicas to be 9, was 2/,
  });
  await step(tour, ['scale', 'deploy/web', '--replicas=1'], { stdout: /^deployment\.apps\/web scaled\n$/ });
  await step(tour, ['rollout', 'status', 'deploy/web', '--timeout=60s']);
  await step(tour, ['get', 'deploy', 'web', '--no-headers'], { stdout: /^web +1\/1 +1 +1 / });
  await step(tour, ['autoscale', 'deploy', 'web', '--min=1', '--max=3', '--cpu-percent=80'], {
    stdout: /^horizontalpodautoscaler\.autoscaling\/web autoscaled\n$/,
  });
  await step(tour, ['get', 'hpa', 'web'], { stdout: /Deployment\/web .*<unknown>\/80% +1 +3 / });
  await step(tour, ['delete', 'hpa', 'web']);
  await step(tour, ['expose', 'deploy', 'web', '--name=other', '--port=8080', '--target-port=80', '--type=NodePort'], {
    stdout: /^service\/other exposed\n$/,
  });
  await step(tour, ['get', 'svc', 'other'], { stdout: /^other +NodePort +10\.\S+ +<none> +8080:3\d{4}\/TCP /m });
  await step(tour, ['get', 'endpoints', 'other'], { stdout: /^other +10\.244\.\d+\.\d+:80 /m });
}

async function cascades(tour: Tour): Promise<void> {
  const make = async (name: string) => {
    await step(tour, ['create', 'deployment', name, '--image=busybox', '--replicas=0']);
    await step(tour, ['rollout', 'status', `deploy/${name}`, '--timeout=60s']);
  };
  await make('orphan');
  await step(tour, ['delete', 'deploy', 'orphan', '--cascade=orphan'], { stdout: /"orphan" deleted/ });
  const { stdout } = await step(tour, ['get', 'rs', '-l', 'app=orphan', '-o', 'name']);
  expect(stdout).toMatch(/^replicaset\.apps\/orphan-/);
  await step(tour, ['delete', 'rs', '-l', 'app=orphan']);
  await make('front');
  await step(tour, ['delete', 'deploy', 'front', '--cascade=foreground']);
  await step(tour, ['get', 'rs', '-l', 'app=front', '-o', 'name'], { stdout: /^$/ });
  await step(tour, ['delete', 'pod', 'crasher', '--force', '--grace-period=0'], {
    stdout: /"crasher" force deleted/,
    stderr: /Immediate deletion does not wait/,
  });
  await since(tour, 23, ['wait', '--for=jsonpath={.status.availableReplicas}=1', 'deploy/web', '--timeout=30s'], {
    stdout: /condition met/,
  });
}
