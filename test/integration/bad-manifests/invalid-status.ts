const REASONS: Readonly<Record<string, string>> = {
  'Required value': 'FieldValueRequired',
  'Invalid value': 'FieldValueInvalid',
  'Unsupported value': 'FieldValueNotSupported',
  'Duplicate value': 'FieldValueDuplicate',
  'Not found': 'FieldValueNotFound',
  Forbidden: 'FieldValueForbidden',
  'Too long': 'FieldValueTooLong',
};

/** The whole answer to an object that is invalid for these causes. `kind` is as messages name it: `Job.batch`. */
export function invalidStatus(kind: string, name: string, causes: readonly (readonly [string, string])[]): object {
  const [plain = '', ...group] = kind.split('.');
  const texts = [...new Set(causes.map(([field, message]) => `${field}: ${message}`))];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${kind} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    reason: 'Invalid',
    details: {
      name,
      ...(group.length === 0 ? {} : { group: group.join('.') }),
      kind: plain,
      causes: causes.map(([field, message]) => ({ reason: REASONS[message.split(':', 1)[0] ?? ''], message, field })),
    },
    code: 422,
  };
}
