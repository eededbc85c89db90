/** Where the ConfigMaps of the benches are made. */
export const configMaps = '/api/v1/namespaces/default/configmaps';

const PAYLOAD = 'x'.repeat(200);

/** A small ConfigMap as JSON, about 400 bytes. */
export function configMap(index: number, state: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `bench-${index}`, labels: { app: 'bench' } },
    data: { state, payload: PAYLOAD },
  });
}
