import { isRestartableInitContainer } from '@kubelab/api';
import { parseDuration } from '@kubelab/runtime';
import type { ReadonlyPod } from '../pod.js';
import { RuntimeError } from './runtime.js';

/** A duration of which each run takes its own from within, evenly. */
export interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** How hollow containers behave unless their pods' annotations say otherwise. */
export interface HollowSettings {
  /** The same seed, names and settings give the same behaviour. */
  readonly seed: string;
  /** From being told to start to running. */
  readonly startDelay: DurationRange;
  /** From running to ready. */
  readonly readyDelay: DurationRange;
  /** How long containers of pods with restartPolicy Always run; undefined: until they are stopped. */
  readonly runTime: DurationRange | undefined;
  /** The same of pods with another restartPolicy, which are there to end. */
  readonly completionTime: DurationRange;
  /** From being told to stop to having ended; cut off by the grace period. */
  readonly stopDelay: DurationRange;
  /** How long the pull of an image takes that is not there. */
  readonly pullTime: DurationRange;
  /** Of containers that end by themselves. */
  readonly exitCode: number;
  /** The share of runs, from 0 to 1, that end with exit code 1 by themselves. */
  readonly failureRate: number;
  /** The share of starts that the runtime refuses. */
  readonly startFailureRate: number;
}

/** One run of one container. */
export interface HollowRun {
  readonly startDelayMs: number;
  readonly startFails: boolean;
  readonly readyDelayMs: number;
  /** Undefined: until it is stopped. */
  readonly runMs: number | undefined;
  readonly exitCode: number;
  readonly stopDelayMs: number;
}

/** Annotations of a pod that replace the settings for it; what each holds. */
export const HOLLOW_ANNOTATIONS = {
  /** Duration or range. */
  startDelay: 'kubelab.io/hollow-start-delay',
  /** Duration or range. */
  readyDelay: 'kubelab.io/hollow-ready-delay',
  /** Number; its containers end by themselves after so many seconds, whatever the restartPolicy. */
  runSeconds: 'kubelab.io/hollow-run-seconds',
  /** Duration or range. */
  stopDelay: 'kubelab.io/hollow-stop-delay',
  /** 0 to 255. */
  exitCode: 'kubelab.io/hollow-exit-code',
  /** 0 to 1. */
  failureRate: 'kubelab.io/hollow-failure-rate',
  /** 0 to 1. */
  startFailureRate: 'kubelab.io/hollow-start-failure-rate',
} as const;

const FAILURE_EXIT_CODE = 1;
/** When containers that would run for ever fail. */
const FAILS_WITHIN_MS = 60_000;

/** Reads `500ms`, or `1s..5s`. @throws RangeError */
export function parseDurationRange(text: string): DurationRange {
  const [min = '', max = min, ...rest] = text.split('..');
  const range = { minMs: parseDuration(min), maxMs: parseDuration(max) };
  if (rest.length > 0 || range.minMs < 0 || range.maxMs < range.minMs) {
    throw new RangeError(`invalid range "${text}": expected a duration such as 500ms, or two such as 1s..5s`);
  }
  return range;
}

/**
 * What one run of a container is to be like. Pure: a process that was killed
 * comes to the same again.
 * @throws RuntimeError `refused` for an annotation that cannot be read
 */
export function planHollowRun(
  settings: HollowSettings,
  pod: ReadonlyPod,
  containerName: string,
  restartCount: number,
): HollowRun {
  const { namespace, name, annotations = {} } = pod.metadata;
  const chance = (what: string): number => fraction(settings.seed, namespace, name, containerName, restartCount, what);
  const choose = (what: string, { minMs, maxMs }: DurationRange): number =>
    minMs + Math.round((maxMs - minMs) * chance(what));
  const rangeOf = (key: string, fallback: DurationRange): DurationRange =>
    read(annotations, key, parseDurationRange) ?? fallback;
  const rateOf = (key: string, fallback: number): number => read(annotations, key, parseRate) ?? fallback;

  const fails = chance('fails') < rateOf(HOLLOW_ANNOTATIONS.failureRate, settings.failureRate);
  const runTime = runTimeOf(settings, pod, containerName);
  const failsAfterMs = fails ? choose('run', { minMs: 0, maxMs: FAILS_WITHIN_MS }) : undefined;
  const runMs = runTime ? choose('run', runTime) : failsAfterMs;
  const isMain = pod.spec?.containers.some((container) => container.name === containerName) ?? true;
  const exitCode = isMain ? (read(annotations, HOLLOW_ANNOTATIONS.exitCode, parseExitCode) ?? settings.exitCode) : 0;
  return {
    startDelayMs: choose('start', rangeOf(HOLLOW_ANNOTATIONS.startDelay, settings.startDelay)),
    startFails: chance('start fails') < rateOf(HOLLOW_ANNOTATIONS.startFailureRate, settings.startFailureRate),
    readyDelayMs: choose('ready', rangeOf(HOLLOW_ANNOTATIONS.readyDelay, settings.readyDelay)),
    runMs,
    exitCode: fails ? FAILURE_EXIT_CODE : exitCode,
    stopDelayMs: choose('stop', rangeOf(HOLLOW_ANNOTATIONS.stopDelay, settings.stopDelay)),
  };
}

/** How long this node takes to pull this image. */
export function planHollowPull({ seed, pullTime }: HollowSettings, nodeName: string, image: string): number {
  return pullTime.minMs + Math.round((pullTime.maxMs - pullTime.minMs) * fraction(seed, nodeName, image, 'pull'));
}

function runTimeOf(settings: HollowSettings, pod: ReadonlyPod, containerName: string): DurationRange | undefined {
  const initContainer = pod.spec?.initContainers?.find((container) => container.name === containerName);
  if (initContainer) return isRestartableInitContainer(initContainer) ? undefined : AT_ONCE;
  const seconds = read(pod.metadata.annotations ?? {}, HOLLOW_ANNOTATIONS.runSeconds, parseSeconds);
  if (seconds !== undefined) return { minMs: seconds * 1000, maxMs: seconds * 1000 };
  return (pod.spec?.restartPolicy ?? 'Always') === 'Always' ? settings.runTime : settings.completionTime;
}

/** The rest of the pod waits for its init containers. */
const AT_ONCE: DurationRange = { minMs: 0, maxMs: 0 };

function read<T>(
  annotations: Readonly<Record<string, string>>,
  key: string,
  parse: (text: string) => T,
): T | undefined {
  const text = annotations[key];
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (cause) {
    throw new RuntimeError('refused', `annotation ${key}: ${(cause as Error).message}`, { cause });
  }
}

const parseRate = (text: string): number => parseNumber(text, 1, 'a share from 0 to 1');
const parseSeconds = (text: string): number => parseNumber(text, Number.MAX_SAFE_INTEGER, 'a number of seconds');

function parseExitCode(text: string): number {
  const code = parseNumber(text, 255, 'an exit code from 0 to 255');
  if (!Number.isInteger(code)) throw new RangeError(`"${text}" is not an exit code from 0 to 255`);
  return code;
}

function parseNumber(text: string, maximum: number, what: string): number {
  const number = Number(text);
  if (text.trim() === '' || !(number >= 0 && number <= maximum)) throw new RangeError(`"${text}" is not ${what}`);
  return number;
}

/** From 0 up to 1, evenly, and always the same of the same: FNV-1a, mixed as Murmur3 ends. */
export function fraction(...parts: readonly unknown[]): number {
  let hash = 0x811c9dc5;
  const text = parts.join('\0');
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
