import { type Node, nodes } from '@kubelab/api';
import type { AdmissionPlugin } from './admission.js';

const NOT_READY_TAINT = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node is tainted not-ready, so that nothing is placed on it before its first report. */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    admit({ operation, resource, subresource, object }) {
      if (operation !== 'CREATE' || subresource !== '' || resource.plural !== nodes.plural || resource.group !== '')
        return;
      const node = object as Node;
      const taints = node.spec?.taints ?? [];
      if (taints.some(({ key, effect }) => key === NOT_READY_TAINT.key && effect === NOT_READY_TAINT.effect)) return;
      node.spec = { ...node.spec, taints: [...taints, { ...NOT_READY_TAINT }] };
    },
  };
}
