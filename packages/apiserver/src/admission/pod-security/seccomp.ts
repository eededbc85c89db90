import { allContainers, namesWhere, type PodToCheck, quoted, setters, sortedSet, type Violation } from './check.js';

function isBad(profile: { type?: string } | undefined): boolean {
  return profile !== undefined && !isGood(profile);
}

function isGood(profile: { type?: string } | undefined): boolean {
  return profile?.type === 'RuntimeDefault' || profile?.type === 'Localhost';
}

/** Profiles that switch seccomp off. */
export function badSeccompProfiles({ spec }: PodToCheck): Violation | undefined {
  const ofPod = spec.securityContext?.seccompProfile;
  const ofContainers = allContainers(spec).map(({ securityContext }) => securityContext?.seccompProfile);
  const who = setters(
    isBad(ofPod),
    namesWhere(spec, ({ securityContext }) => isBad(securityContext?.seccompProfile)),
  );
  if (who === '') return undefined;
  const types = sortedSet([ofPod, ...ofContainers].filter(isBad).map((profile) => profile?.type ?? ''));
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  };
}

/** The containers for which neither they nor the pod have a good profile. */
export function withoutSeccompProfile({ spec }: PodToCheck): string[] {
  if (isGood(spec.securityContext?.seccompProfile)) return [];
  return namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
}
