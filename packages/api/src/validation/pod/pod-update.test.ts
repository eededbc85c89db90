import { describe, expect, it } from 'vitest';
import type { FieldError } from '../../errors.js';
import type { Pod, PodSpec, PodStatus } from '../../generated/types.js';
import { validatePodStatusUpdate, validatePodUpdate } from './pod-update.js';

const texts = (errors: FieldError[]): string[] => errors.map(({ field, message }) => `${field}: ${message}`);
const toleration = { key: 'a', operator: 'Exists', effect: 'NoExecute' };
const podOf = (more: Partial<PodSpec> = {}, status?: PodStatus): Pod => ({
  spec: { containers: [{ name: 'c', image: 'i' }], tolerations: [toleration], ...more },
  status,
});
const OTHER =
  /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,`spec\.initContainers\[\*\]\.image`,`spec\.activeDeadlineSeconds`,`spec\.tolerations` \(only additions to existing tolerations\),`spec\.terminationGracePeriodSeconds` \(allow it to be set to 1 if it was previously negative\)\n/;

describe('validatePodUpdate', () => {
  it.each<[string, Partial<PodSpec>, Partial<PodSpec>, (string | RegExp)[]]>([
    ['nothing', {}, {}, []],
    ['what means the same', { nodeSelector: {}, hostNetwork: false }, {}, []],
    ['image', {}, { containers: [{ name: 'c', image: 'j' }] }, []],
    ['command', {}, { containers: [{ name: 'c', image: 'i', command: ['x'] }] }, [OTHER]],
    ['node', {}, { nodeName: 'n' }, [OTHER]],
    [
      'a container more',
      {},
      { containers: [{ name: 'c' }, { name: 'd' }] },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    ['a deadline', {}, { activeDeadlineSeconds: 5 }, []],
    ['a shorter deadline', { activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }, []],
    [
      'a longer deadline',
      { activeDeadlineSeconds: 5 },
      { activeDeadlineSeconds: 6 },
      ['spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value'],
    ],
    [
      'no deadline',
      { activeDeadlineSeconds: 5 },
      {},
      ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
    ],
    ['a toleration more', {}, { tolerations: [toleration, { operator: 'Exists' }] }, []],
    ['a toleration longer', {}, { tolerations: [{ ...toleration, tolerationSeconds: 5 }] }, []],
    [
      'a toleration less',
      {},
      { tolerations: [] },
      ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ],
    ['a gate less', { schedulingGates: [{ name: 'a' }] }, {}, []],
    [
      'a gate more',
      {},
      { schedulingGates: [{ name: 'a' }] },
      ["spec.schedulingGates: Forbidden: only deletion is allowed, but found new scheduling gate 'a'"],
    ],
    [
      'stricter while gated',
      { schedulingGates: [{ name: 'a' }] },
      { schedulingGates: [{ name: 'a' }], nodeSelector: { a: 'b' } },
      [],
    ],
    ['grace repaired', { terminationGracePeriodSeconds: -1 }, { terminationGracePeriodSeconds: 1 }, []],
    ['grace changed', { terminationGracePeriodSeconds: 30 }, { terminationGracePeriodSeconds: 1 }, [OTHER]],
  ])('%s', (_, before, after, expected) => {
    const found = texts(validatePodUpdate(podOf(after), podOf(before)));
    expect(found).toHaveLength(expected.length);
    expected.forEach((text, i) => {
      if (typeof text === 'string') expect(found[i]).toBe(text);
      else expect(found[i]).toMatch(text);
    });
  });

  it('names what was changed', () => {
    const [error] = validatePodUpdate(podOf({ containers: [{ name: 'c', env: [{ name: 'A' }] }] }), podOf());
    expect(error?.message).toContain('changed: spec.containers[0].env');
  });
});

describe('validatePodStatusUpdate', () => {
  const ended = (exitCode: number): PodStatus => ({
    containerStatuses: [
      { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode } } },
    ],
  });
  const running: PodStatus = {
    containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }],
  };

  it('keeps ended containers ended where the policy says so', () => {
    const update = (restartPolicy: string, before: PodStatus): string[] =>
      texts(validatePodStatusUpdate(podOf({ restartPolicy }, running), podOf({ restartPolicy }, before)));
    const refused = ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state'];
    expect(update('Always', ended(1))).toEqual([]);
    expect(update('Never', ended(1))).toEqual(refused);
    expect(update('OnFailure', ended(1))).toEqual([]);
    expect(update('OnFailure', ended(0))).toEqual(refused);
  });

  it('keeps the class of service', () => {
    const update = validatePodStatusUpdate(podOf({}, { qosClass: 'Burstable' }), podOf({}, { qosClass: 'BestEffort' }));
    expect(texts(update)).toEqual(['status.qosClass: Invalid value: "Burstable": field is immutable']);
  });
});
