/** A line of a chart. */
export interface ChartSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface ChartOptions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly ChartSeries[];
  /** Default `line`; `bars` are as wide as their x apart. */
  readonly form?: 'line' | 'bars';
}

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 20;
const TOP = 28;
const BOTTOM = 40;
const COLOURS = ['#2a78d6', '#d4622a', '#2f9e63', '#9457c2', '#b8901c', '#c2407a', '#4a8c96', '#7a7a7a'];
/** Once all colours are taken: how the lines of the second and third round are broken. */
const DASHES = ['', '6 3', '2 3'];
const TICKS = 5;

/** A chart as an inline SVG element, whose axes begin at 0. */
export function svgChart({ title, x, y, series, form = 'line' }: ChartOptions): string {
  const points = series.flatMap((each) => each.points);
  const xTicks = ticks(Math.max(...points.map(([at]) => at), 0) + (form === 'bars' ? apart(points) : 0));
  const yTicks = ticks(Math.max(...points.map(([, value]) => value), 0));
  const toX = scale(xTicks.at(-1) ?? 1, LEFT, WIDTH - RIGHT);
  const toY = scale(yTicks.at(-1) ?? 1, HEIGHT - BOTTOM, TOP);
  const body = [
    ...yTicks.map((tick) => gridLine(toY(tick), tick)),
    ...xTicks.map((tick) => text(toX(tick), HEIGHT - BOTTOM + 16, 'middle', short(tick))),
    ...series.map((each, index) => shape(each, styleOf(index), { form, toX, toY })),
    text(LEFT, 16, 'start', title, 'title'),
    text((LEFT + WIDTH) / 2, HEIGHT - 6, 'middle', x),
    `<text class="label" transform="translate(12 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y)}</text>`,
  ];
  const legend = series.length > 1 ? legendOf(series) : '';
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${body.join('')}</svg>${legend}</figure>`;
}

export function escapeHtml(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** 0 and round numbers above it, up to at least `most`. */
function ticks(most: number): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = most / TICKS;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) => index * step);
}

type Scale = (value: number) => number;

function scale(most: number, from: number, to: number): Scale {
  return (value) => Number((from + (value / most) * (to - from)).toFixed(1));
}

function shape(
  { name, points }: ChartSeries,
  { colour, dashes }: LineStyle,
  { form, toX, toY }: { form: 'line' | 'bars'; toX: Scale; toY: Scale },
): string {
  const label = `<title>${escapeHtml(name)}</title>`;
  if (form === 'line') {
    const [only] = points;
    if (only && points.length === 1)
      return `<circle cx="${toX(only[0])}" cy="${toY(only[1])}" r="3" fill="${colour}">${label}</circle>`;
    const path = points.map(([at, value]) => `${toX(at)},${toY(value)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.8"${dashes === '' ? '' : ` stroke-dasharray="${dashes}"`}>${label}</polyline>`;
  }
  const width = Math.max(1, (toX(apart(points)) - toX(0)) * 0.9);
  return points
    .map(([at, value]) => {
      const height = toY(0) - toY(value);
      const place = `x="${toX(at)}" y="${toY(value)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"`;
      return `<rect ${place} fill="${colour}"><title>${short(at)}: ${short(value)}</title></rect>`;
    })
    .join('');
}

/** How far bars are from each other; 1 where there is but one. */
function apart([first, second]: ChartSeries['points']): number {
  return first && second ? second[0] - first[0] : 1;
}

interface LineStyle {
  readonly colour: string;
  readonly dashes: string;
}

function styleOf(index: number): LineStyle {
  const dashes = DASHES[Math.floor(index / COLOURS.length) % DASHES.length] ?? '';
  return { colour: COLOURS[index % COLOURS.length] ?? '', dashes };
}

function gridLine(at: number, tick: number): string {
  return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>${text(LEFT - 6, at + 4, 'end', short(tick))}`;
}

function text(x: number, y: number, anchor: string, content: string, kind = 'label'): string {
  return `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

function legendOf(series: readonly ChartSeries[]): string {
  const entries = series.map(
    ({ name }, index) => `<li><span style="background:${styleOf(index).colour}"></span>${escapeHtml(name)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function short(value: number): string {
  return value >= 1e4 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(3)));
}
