import { formatTable } from './format-table.js';

/** What the scheduler writes to the annotation kubelab.io/decision. */
export interface Decision {
  readonly pod: string;
  readonly scheduler: string;
  readonly time: string;
  readonly attempt: number;
  readonly priority: number;
  readonly node?: string;
  readonly message?: string;
  readonly nodes: { readonly total: number; readonly evaluated: number; readonly feasible: number };
  readonly rejections: readonly {
    readonly plugin: string;
    readonly reasons: readonly string[];
    readonly count: number;
    readonly preemptible: boolean;
    readonly nodes: readonly string[];
  }[];
  readonly scores: readonly {
    readonly node: string;
    readonly total: number;
    readonly plugins: Readonly<
      Record<string, { readonly raw: number; readonly score: number; readonly weight: number }>
    >;
  }[];
  readonly ties: number;
  readonly milliseconds: Readonly<Record<string, number>>;
  readonly preemption?: {
    readonly notEligible?: string;
    readonly node?: string;
    readonly candidates?: readonly {
      readonly node: string;
      readonly victims: readonly { readonly pod: string; readonly priority: number }[];
      readonly budgetViolations: number;
    }[];
  };
  readonly wouldHelp: readonly string[];
  readonly verdicts?: readonly { readonly node: string; readonly filters: Readonly<Record<string, string>> }[];
  readonly request?: string;
}

/** Lines that a terminal shows of each list; all of it is in -o json. */
const MAX_ROWS = 15;

/** The decision for people: what came of it, which nodes were refused and why, and how the others scored. */
export function formatDecision(decision: Decision): string {
  const parts = [headline(decision), rejections(decision), scores(decision), verdicts(decision)];
  parts.push(preemption(decision), advice(decision), times(decision));
  return parts.filter((part) => part !== '').join('\n\n');
}

function headline({ pod, node, message, attempt, time, scheduler, nodes, ties, priority }: Decision): string {
  const result = node === undefined ? `${pod} has no place` : `${pod} is on ${node}`;
  const lines = [`${result} (attempt ${attempt} of ${scheduler}, priority ${priority}, ${time})`];
  if (message) lines.push(message);
  if (nodes.total > 0) {
    const tie = ties > 1 ? `; ${ties} shared the highest total, and one of them was drawn` : '';
    lines.push(`${nodes.total} nodes, ${nodes.evaluated} asked about, ${nodes.feasible} fit${tie}`);
  }
  return lines.join('\n');
}

function rejections({ rejections: all }: Decision): string {
  if (all.length === 0) return '';
  const rows = all.map(({ plugin, reasons, count, preemptible, nodes }) => ({
    'REFUSED BY': plugin || '-',
    NODES: String(count),
    REASON: reasons.join(', '),
    PREEMPTION: preemptible ? 'may help' : 'cannot help',
    SUCH: nodes.slice(0, 3).join(', ') + (count > 3 ? ', …' : ''),
  }));
  return formatTable(rows);
}

function scores({ scores: all, nodes }: Decision): string {
  const [first] = all;
  if (first === undefined) return '';
  if (Object.keys(first.plugins).length === 0) return 'No scores: there was nothing to choose between.';
  const names = Object.keys(first.plugins);
  const rows = all.slice(0, MAX_ROWS).map(({ node, total, plugins }) => ({
    NODE: node,
    TOTAL: String(total),
    ...Object.fromEntries(
      names.map((name) => {
        const { score = 0, weight = 1 } = plugins[name] ?? {};
        return [name, weight === 1 ? String(score) : `${score} × ${weight}`];
      }),
    ),
  }));
  const more = nodes.feasible > rows.length ? `\n… and ${nodes.feasible - rows.length} more that fit` : '';
  return formatTable(rows) + more;
}

function verdicts({ verdicts: all = [] }: Decision): string {
  if (all.length === 0) return '';
  const rows = all.slice(0, MAX_ROWS).map(({ node, filters }) => {
    const against = Object.entries(filters).filter(([, verdict]) => verdict !== 'fits');
    const fit = Object.keys(filters).filter((plugin) => filters[plugin] === 'fits');
    return {
      'NODE NOW': node,
      AGAINST: against.map(([plugin, verdict]) => `${plugin}: ${verdict}`).join('; ') || '-',
      'FITS BY': fit.join(', '),
    };
  });
  const more = all.length > rows.length ? `\n… and ${all.length - rows.length} more` : '';
  return formatTable(rows) + more;
}

function preemption({ preemption: tried }: Decision): string {
  if (tried === undefined) return '';
  if (tried.notEligible) return `Preemption: ${tried.notEligible}`;
  const candidates = tried.candidates ?? [];
  if (candidates.length === 0) return 'Preemption: no node would fit without pods of lower priority.';
  const rows = candidates.slice(0, MAX_ROWS).map(({ node, victims, budgetViolations }) => ({
    'WOULD FIT ON': node === tried.node ? `${node} (chosen)` : node,
    WITHOUT: victims.map(({ pod, priority }) => `${pod} (${priority})`).join(', '),
    'BROKEN BUDGETS': String(budgetViolations),
  }));
  return `Preemption makes room on ${tried.node}:\n${formatTable(rows)}`;
}

function advice({ wouldHelp }: Decision): string {
  if (wouldHelp.length === 0) return '';
  return ['What would help:', ...wouldHelp.map((line) => `  ${line}`)].join('\n');
}

function times({ milliseconds }: Decision): string {
  const entries = Object.entries(milliseconds);
  if (entries.length === 0) return '';
  return `Time: ${entries.map(([point, ms]) => `${point} ${ms} ms`).join(', ')}`;
}
