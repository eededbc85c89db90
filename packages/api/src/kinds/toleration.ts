import type { Taint, Toleration } from '../generated/types.js';
import type { DeepReadonly } from '../object.js';

/** Whether a toleration covers a taint (API convention: empty key with Exists covers all, empty effect all effects). */
export function tolerates(toleration: DeepReadonly<Toleration>, taint: DeepReadonly<Taint>): boolean {
  const { key = '', operator = 'Equal', value = '', effect = '' } = toleration;
  if (effect !== '' && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (key === '' && operator !== 'Exists') return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}
