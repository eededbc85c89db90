/**
 * The name that a list or watch is of: what is allowed for one object by its
 * name is so for `fieldSelector=metadata.name=NAME` (as Kubernetes' RequestInfo). "" where it is of many.
 */
export function selectedName(fieldSelector: string): string {
  if (fieldSelector === '') return '';
  return /(?:^|,)metadata\.name==?([^,=\\%/]+)(?:,|$)/.exec(fieldSelector)?.[1] ?? '';
}
