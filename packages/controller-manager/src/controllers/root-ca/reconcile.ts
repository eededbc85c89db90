import { readFile } from 'node:fs/promises';
import { configMaps, namespaces } from '@kubelab/api';
import { createOrGet, mutableCopy, type ReconcileContext } from '@kubelab/client';
import type { ControllerFactory } from '../../controller.js';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = "The authority that signed the apiserver's certificate, for clients inside the cluster.";

/** Publishes the certificate of the cluster's authority in every namespace, where `--root-ca-file` names it. */
export const createRootCaController: ControllerFactory = (context) => {
  const { client, informers, options } = context;
  const file = options.rootCaFile;
  if (file === undefined) return { run: () => Promise.resolve() };
  const namespaceInformer = informers.for(namespaces);
  const configMapInformer = informers.for(configMaps);
  const reconciler = context.createReconciler('RootCA', reconcile, [namespaceInformer, configMapInformer]);
  const { queue } = reconciler;
  namespaceInformer.onChange(({ key, trace }) => queue.add(key, trace));
  configMapInformer.onChange(({ object, trace }) => {
    if (object.metadata.name === NAME) queue.add(object.metadata.namespace ?? '', trace);
  });

  async function reconcile(namespace: string, { trace }: ReconcileContext) {
    const present = namespaceInformer.get(namespace);
    if (!present || present.metadata.deletionTimestamp) return undefined;
    const data = { 'ca.crt': await readFile(file as string, 'utf8') };
    const configMap = configMapInformer.get(`${namespace}/${NAME}`);
    if (configMap?.data?.['ca.crt'] === data['ca.crt']) return undefined;
    if (configMap) await client.update(configMaps, { ...mutableCopy(configMap), data }, { trace });
    else {
      const annotations = { 'kubernetes.io/description': DESCRIPTION };
      await createOrGet(client, configMaps, { metadata: { namespace, name: NAME, annotations }, data }, { trace });
    }
    return undefined;
  }

  return reconciler;
};
