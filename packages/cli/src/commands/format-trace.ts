import type { SpanMessage } from '@kubelab/runtime';

/** A span and those that were made on its behalf, in the order of their start. */
interface SpanTree {
  readonly span: SpanMessage;
  readonly children: SpanTree[];
}

/**
 * One trace as a tree: when each span began after the first one, how long it
 * took, which component did it, and what. A span whose parent is not kept is a
 * root of its own.
 */
export function formatTrace(spans: readonly SpanMessage[]): string {
  const roots = buildTrees(spans);
  const first = Math.min(...spans.map((span) => Number(span.startUnixNano)));
  const rows = roots.flatMap((root) => rowsOf(root, '', '', first));
  const width = Math.max(...rows.map(({ component }) => component.length));
  return rows
    .map(({ start, took, component, what }) =>
      `${start.padStart(11)} ${took.padStart(11)}  ${component.padEnd(width)}  ${what}`.trimEnd(),
    )
    .join('\n');
}

function buildTrees(spans: readonly SpanMessage[]): SpanTree[] {
  const byId = new Map(spans.map((span) => [span.spanId, { span, children: [] } as SpanTree]));
  const roots: SpanTree[] = [];
  for (const tree of byId.values()) {
    const parent = byId.get(tree.span.parentSpanId);
    (parent?.children ?? roots).push(tree);
  }
  const byStart = (left: SpanTree, right: SpanTree): number =>
    Number(left.span.startUnixNano) - Number(right.span.startUnixNano);
  for (const { children } of byId.values()) children.sort(byStart);
  return roots.sort(byStart);
}

interface Row {
  readonly start: string;
  readonly took: string;
  readonly component: string;
  readonly what: string;
}

/** `here` leads to the span itself, `below` to what hangs under it. */
function rowsOf({ span, children }: SpanTree, here: string, below: string, first: number): Row[] {
  const row = {
    start: `+${milliseconds(Number(span.startUnixNano) - first)}`,
    took: milliseconds(Number(span.endUnixNano) - Number(span.startUnixNano)),
    component: span.component,
    what: `${here}${describe(span)}`,
  };
  return [
    row,
    ...children.flatMap((child, index) => {
      const last = index === children.length - 1;
      return rowsOf(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`, first);
    }),
  ];
}

/** `create pods` of `pods/default/web` reads `create pods/default/web`. */
function describe({ name, attributes, error }: SpanMessage): string {
  const { object = '' } = attributes;
  const resource = object.slice(0, object.indexOf('/'));
  const verb = name.endsWith(` ${resource}`) ? name.slice(0, -resource.length - 1) : name;
  return `${verb} ${object}`.trimEnd() + (error === '' ? '' : `  ✗ ${error}`);
}

function milliseconds(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(1)} ms`;
}
