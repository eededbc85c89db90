import type { HTTPGetAction } from '@kubelab/api';
import type { ReadonlyContainer } from '../pod.js';

/** The number of a port that a probe or a hook names. Throws where the container has no such port. */
export function containerPort(port: HTTPGetAction['port'], container: ReadonlyContainer): number {
  const number = Number(port);
  if (Number.isInteger(number) && number > 0) return number;
  const named = container.ports?.find(({ name }) => name === port);
  if (named === undefined) throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return named.containerPort;
}
