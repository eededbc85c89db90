import type { ResourceType } from '@kubelab/api';
import type { Handler } from './exchange.js';

export function openApiRoutes(_resources: readonly ResourceType[]): [string, Handler][] {
  return [];
}
