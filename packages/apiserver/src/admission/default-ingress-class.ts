import { type Ingress, type IngressClass, ingressClasses, ingresses } from '@kubelab/api';
import type { Storage } from '../storage/storage.js';
import type { AdmissionPlugin } from './admission.js';
import { clusterObjects } from './cluster-objects.js';
import { defaultClassOf } from './default-class.js';

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
/** How a class was named before the field came. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** An Ingress that names no class gets the default one. */
export function defaultIngressClass(storage: Storage): AdmissionPlugin {
  const classes = clusterObjects<IngressClass>(storage.forResource(ingressClasses));
  return {
    name: 'DefaultIngressClass',
    admit({ resource, operation, subresource, object }) {
      if (resource.plural !== ingresses.plural || resource.group !== ingresses.group) return;
      if (operation !== 'CREATE' || subresource !== '') return;
      const ingress = object as Ingress;
      if (ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const found = defaultClassOf(classes(), [IS_DEFAULT]);
      if (found !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name };
    },
  };
}
