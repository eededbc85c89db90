import { type FieldError, quote } from '@kubelab/api';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** A level as one minor version of Kubernetes has it. */
export interface LevelVersion {
  readonly level: Level;
  /** Minor of v1, or the newest. */
  readonly version: number | 'latest';
}

/** What a namespace's labels ask for. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const PREFIX = 'pod-security.kubernetes.io/';
const VERSION = /^v1\.([0-9]|[1-9][0-9]*)$/;
const PRIVILEGED: LevelVersion = { level: 'privileged', version: 'latest' };

type Labels = Readonly<Record<string, string>>;

/**
 * Reads `pod-security.kubernetes.io/{enforce,audit,warn}` and their
 * `-version`s. What cannot be read counts as `restricted` where a level is
 * wrong (for enforcing: only there), as `latest` where a version is.
 */
export function policyOf(labels: Labels = {}): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const enforce = read(labels, 'enforce', PRIVILEGED, 'restricted', errors);
  const audit = read(labels, 'audit', PRIVILEGED, 'privileged', errors);
  const asked = read(labels, 'warn', PRIVILEGED, 'privileged', errors);
  // Who enforces a level is warned of it in workloads, too, which themselves are not refused.
  const followsEnforce = !Object.hasOwn(labels, `${PREFIX}warn`) && rank(enforce.level) > rank(asked.level);
  const warn = followsEnforce ? enforce : asked;
  return { policy: { enforce, audit, warn }, errors };
}

function read(labels: Labels, mode: string, standard: LevelVersion, wrong: Level, errors: FieldError[]): LevelVersion {
  const { [`${PREFIX}${mode}`]: levelText, [`${PREFIX}${mode}-version`]: versionText } = labels;
  let { level, version } = standard;
  if (levelText !== undefined) {
    const known = LEVELS.find((candidate) => candidate === levelText);
    level = known ?? wrong;
    if (known === undefined) errors.push(wrongLabel(mode, levelText, `must be one of ${LEVELS.join(', ')}`));
  }
  if (versionText !== undefined) {
    const minor = VERSION.exec(versionText)?.[1];
    if (minor !== undefined) version = Number(minor);
    else if (versionText !== 'latest') {
      errors.push(wrongLabel(`${mode}-version`, versionText, 'must be "latest" or "v1.x"'));
    }
  }
  return { level, version };
}

function wrongLabel(name: string, value: string, detail: string): FieldError {
  return {
    field: `metadata.labels[${PREFIX}${name}]`,
    type: 'FieldValueInvalid',
    message: `Invalid value: ${quote(value)}: ${detail}`,
  };
}

export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

/** `restricted:latest`, `baseline:v1.25`. */
export function textOf({ level, version }: LevelVersion): string {
  return `${level}:${version === 'latest' ? version : `v1.${version}`}`;
}

export function sameLevel(left: LevelVersion, right: LevelVersion): boolean {
  return left.level === right.level && left.version === right.version;
}
