import type { Volume } from '@kubelab/api';
import {
  type AnyContainer,
  allContainers,
  type Check,
  type CheckFunction,
  containersNamed,
  isWindows,
  namesWhere,
  type PodToCheck,
  plural,
  quoted,
  setters,
  sortedSet,
  type Violation,
} from './check.js';
import { badSeccompProfiles, withoutSeccompProfile } from './seccomp.js';

const ALLOWED_SOURCES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const satisfies readonly (keyof Volume)[];

const RESTRICTED_SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'photonPersistentDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
] as const satisfies readonly (keyof Volume)[];

/** What the restricted level asks for beyond the baseline, in the order of the ids. */
export const restrictedChecks: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      [8, allowPrivilegeEscalation],
      [25, unlessWindows(allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    versions: [
      [22, capabilities],
      [25, unlessWindows(capabilities)],
    ],
    overrides: 'capabilities_baseline',
  },
  { id: 'restrictedVolumes', versions: [[0, volumes]], overrides: 'hostPathVolumes' },
  { id: 'runAsNonRoot', versions: [[0, runAsNonRoot]] },
  { id: 'runAsUser', versions: [[23, runAsUser]] },
  {
    id: 'seccompProfile_restricted',
    versions: [
      [19, seccompProfile],
      [25, unlessWindows(seccompProfile)],
    ],
    overrides: 'seccompProfile_baseline',
  },
];

/** Windows has none of what the check is about, and validation refuses it there. */
function unlessWindows(check: CheckFunction): CheckFunction {
  return (pod) => (isWindows(pod) ? undefined : check(pod));
}

function allowPrivilegeEscalation({ spec }: PodToCheck): Violation | undefined {
  const names = namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersNamed(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

function capabilities({ spec }: PodToCheck): Violation | undefined {
  const keeping = namesWhere(spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const added = ({ securityContext }: AnyContainer) =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => capability !== 'NET_BIND_SERVICE');
  const adding = namesWhere(spec, (container) => added(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${containersNamed(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const forbidden = sortedSet(allContainers(spec).flatMap(added));
    details.push(
      `${containersNamed(adding)} must not include ${quoted(forbidden)} in securityContext.capabilities.add`,
    );
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function volumes({ spec }: PodToCheck): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_SOURCES.some((source) => volume[source] !== undefined));
  if (bad.length === 0) return undefined;
  const types = sortedSet(
    bad.map((volume) => RESTRICTED_SOURCES.find((source) => volume[source] !== undefined) ?? 'unknown'),
  );
  const names = quoted(bad.map(({ name }) => name));
  const use = `${plural('volume', 'volumes', bad.length)} ${names} ${plural('uses', 'use', bad.length)}`;
  const what = plural('restricted volume type', 'restricted volume types', types.length);
  return { reason: 'restricted volume types', detail: `${use} ${what} ${quoted(types)}` };
}

function runAsNonRoot({ spec }: PodToCheck): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const ofPod = spec.securityContext?.runAsNonRoot;
  const who = setters(
    ofPod === false,
    namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (ofPod === true) return undefined;
  const silent = namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containersNamed(silent)} must set securityContext.runAsNonRoot=true` };
}

function runAsUser({ spec }: PodToCheck): Violation | undefined {
  const who = setters(
    spec.securityContext?.runAsUser === 0,
    namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
}

function seccompProfile(pod: PodToCheck): Violation | undefined {
  const bad = badSeccompProfiles(pod);
  if (bad !== undefined) return bad;
  const silent = withoutSeccompProfile(pod);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersNamed(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}
