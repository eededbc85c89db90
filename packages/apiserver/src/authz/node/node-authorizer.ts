import { parseFieldSelector, pods, type QualifiedResource } from '@kubelab/api';
import {
  ALLOWED,
  type Attributes,
  type AuthorizationMode,
  NO_OPINION,
  NO_RULES,
  noOpinion,
  type Verdict,
} from '../authorizer.js';
import { RuleSet } from '../rbac/rule-set.js';
import type { NodeGraph } from './node-graph.js';
import { nodeNameOf } from './node-identity.js';
import { NODE_RULES } from './node-rules.js';
import { type ReferenceKind, referenceTo } from './pod-references.js';

const LEASE_NAMESPACE = 'kube-node-lease';
const READS = new Set(['get', 'list', 'watch']);
const OWN_OBJECT_VERBS = new Set(['get', 'create', 'update', 'patch', 'delete']);

/**
 * --authorization-mode=Node (KEP-279, KEP-4601): a kubelet reads what its own
 * pods need and nothing else of the kind; what is not divided up so follows
 * fixed rules. `graph` brings the graph up to date and returns it.
 */
export function nodeAuthorizer(graph: () => NodeGraph): AuthorizationMode {
  const others = new RuleSet(NODE_RULES);

  return {
    authorize(attributes): Verdict {
      const node = nodeNameOf(attributes.user);
      if (node === undefined) return NO_OPINION;
      if (node === '') return noOpinion(`unknown node for user ${JSON.stringify(attributes.user.name)}`);
      const divided = attributes.resource && RESOURCES[keyOf(attributes.resource)];
      if (divided !== undefined) return divided({ attributes, node, graph });
      return others.allows(attributes) ? ALLOWED : NO_OPINION;
    },
    rulesFor(user) {
      if (nodeNameOf(user) === undefined) return NO_RULES;
      return { rules: [], incomplete: true, errors: ['node authorizer does not support user rule resolution'] };
    },
  };
}

interface Question {
  readonly attributes: Attributes;
  readonly node: string;
  readonly graph: () => NodeGraph;
}

function keyOf({ group, plural }: QualifiedResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** The kinds that a kubelet has a part of. */
const RESOURCES: Readonly<Record<string, (question: Question) => Verdict>> = {
  secrets: (question) => readNamespaced('secrets', question),
  configmaps: (question) => readNamespaced('configmaps', question),
  persistentvolumeclaims: claim,
  persistentvolumes: (question) => get(question, (graph, node, { name }) => graph.needsVolume(node, name)),
  'volumeattachments.storage.k8s.io': (question) =>
    get(question, (graph, node, { name }) => graph.hasAttachment(node, name)),
  'resourceclaims.resource.k8s.io': (question) => get(question, () => false),
  serviceaccounts: serviceAccount,
  'leases.coordination.k8s.io': lease,
  'csinodes.storage.k8s.io': csiNode,
  nodes: ownNode,
  pods: pod,
};

function readNamespaced(kind: ReferenceKind, question: Question): Verdict {
  const { verb, subresource, namespace } = question.attributes;
  if (!READS.has(verb)) return noOpinion('can only read resources of this type');
  if (subresource !== '') return noOpinion('cannot read subresource');
  if (namespace === '') return noOpinion('can only read namespaced object of this type');
  return related(question, referred(kind));
}

function claim(question: Question): Verdict {
  const { verb, subresource } = question.attributes;
  if (subresource !== 'status') return get(question, referred('persistentvolumeclaims'));
  if (verb !== 'update' && verb !== 'patch') return noOpinion('can only update status of resources of this type');
  return related(question, referred('persistentvolumeclaims'));
}

function serviceAccount(question: Question): Verdict {
  const { verb, subresource, name } = question.attributes;
  if (verb === 'get' && subresource === '') return related(question, referred('serviceaccounts'));
  if (verb !== 'create' || name === '') return noOpinion('can only create tokens for individual service accounts');
  if (subresource !== 'token') return noOpinion('can only create token subresource of serviceaccount');
  return related(question, referred('serviceaccounts'));
}

function lease({ attributes: { verb, namespace, name }, node }: Question): Verdict {
  if (!OWN_OBJECT_VERBS.has(verb)) return noOpinion('can only get, create, update, patch, or delete a node lease');
  if (namespace !== LEASE_NAMESPACE)
    return noOpinion(`can only access leases in the "${LEASE_NAMESPACE}" system namespace`);
  // The name of what is made is in the body, which NodeRestriction looks at.
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access node lease with the same name as the requesting node');
  return ALLOWED;
}

function csiNode({ attributes: { verb, subresource, name }, node }: Question): Verdict {
  if (!OWN_OBJECT_VERBS.has(verb)) return noOpinion('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return noOpinion('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node)
    return noOpinion('can only access CSINode with the same name as the requesting node');
  return ALLOWED;
}

/** Which node a write is about, NodeRestriction looks at. */
function ownNode({ attributes: { verb, subresource, name }, node }: Question): Verdict {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOWED;
  if (!READS.has(verb)) return NO_OPINION;
  if (name === node) return ALLOWED;
  const what = name === '' ? 'all nodes' : JSON.stringify(name);
  return noOpinion(`node ${JSON.stringify(node)} cannot read ${what}, only its own Node object`);
}

/** Which pod a write is about, NodeRestriction looks at. */
function pod(question: Question): Verdict {
  const { verb, subresource, fieldSelector } = question.attributes;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
  if (subresource === 'eviction') return verb === 'create' ? ALLOWED : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  if (verb === 'create' || verb === 'delete') return ALLOWED;
  if (verb === 'get') return get(question, referred('pods'));
  if (verb !== 'list' && verb !== 'watch') return NO_OPINION;
  if (selectsNode(fieldSelector, question.node)) return ALLOWED;
  return noOpinion('can only list/watch pods with spec.nodeName field selector');
}

function selectsNode(fieldSelector: string | undefined, node: string): boolean {
  if (!fieldSelector?.includes('spec.nodeName')) return false;
  try {
    return parseFieldSelector(fieldSelector, pods).requires('spec.nodeName') === node;
  } catch {
    // The list itself refuses it.
    return false;
  }
}

type IsRelated = (graph: NodeGraph, node: string, attributes: Attributes) => boolean;

function referred(kind: ReferenceKind): IsRelated {
  return (graph, node, { namespace, name }) => graph.needs(node, referenceTo(kind, namespace, name));
}

function get(question: Question, isRelated: IsRelated): Verdict {
  const { verb, subresource } = question.attributes;
  if (verb !== 'get') return noOpinion('can only get individual resources of this type');
  if (subresource !== '') return noOpinion('cannot get subresource');
  return related(question, isRelated);
}

function related({ attributes, node, graph }: Question, isRelated: IsRelated): Verdict {
  if (attributes.name === '') return noOpinion('No Object name found');
  if (isRelated(graph(), node, attributes)) return ALLOWED;
  return noOpinion(`no relationship found between node '${node}' and this object`);
}
