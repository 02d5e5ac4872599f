// Charts for the documentation as SVG: bars on a scale from zero, or dots on a logarithmic one.
// GitHub shows an SVG in its own document, where `prefers-color-scheme` is that of the system and not of the chosen theme.
// So a chart has its own background, and can be read on either.

export interface Mark {
  readonly name: string;
  readonly value: number;
  /** Between which values half of the measurements are. */
  readonly range?: readonly [number, number];
  /** What the chart is about: other marks are what it is compared with. */
  readonly isOurs: boolean;
}

export interface Panel {
  readonly heading: string;
  readonly marks: readonly Mark[];
}

export interface Chart {
  /** What a screen reader says first. */
  readonly title: string;
  /** How to read it: lines of at most 56 characters below it. Ranges are explained without it. */
  readonly note: readonly string[];
  /** Panels in one list have one scale. */
  readonly panels: readonly (readonly Panel[])[];
  /** Dots between powers of ten in place of bars from zero. */
  readonly isLogarithmic?: boolean;
}

const width = 640;
const edge = 20;
const rowHeight = 28;
const headingHeight = 44;
const lineHeight = 24;
/** Pixels of a letter of a name on a phone, and of a value with and without its range. */
const letter = 10.6;
const valueWidth = { withRange: 170, alone: 60 };

// Without variables, which not every viewer of SVG knows.
const colours = (surface: string, line: string, mark: string, text: string, muted: string, ours: string) => `
  text, .whisker { fill: ${text}; }
  .name, .tick, .range, .note { fill: ${muted}; }
  .surface, .dot { fill: ${surface}; }
  .bar { fill: ${mark}; }
  .ours .name, .ours .bar, .ours .dot { fill: ${ours}; }
  .surface, .grid { stroke: ${line}; }
  .value { stroke: ${surface}; }
  .dot { stroke: ${mark}; }
  .ours .dot { stroke: ${ours}; }
  .whisker { stroke: ${text}; }`;

// On a phone the picture is half as wide. So letters are larger there, and the ranges remain as lines only.
const style = `${colours('#fff', '#e4e7ec', '#858e9c', '#161b26', '#5b6472', '#4f46e5')}
  @media (prefers-color-scheme: dark) {${colours('#16191f', '#272c36', '#69727f', '#e8ebf0', '#9da6b4', '#a8a4ff')}
  }
  text { font: 14px system-ui, sans-serif; }
  .heading, .ours text { font-weight: 600; }
  .ours .range { font-weight: 400; }
  .name { text-anchor: end; }
  .tick { text-anchor: middle; }
  .value { paint-order: stroke; stroke-width: 4px; }
  .dot, .whisker { stroke-width: 2; }
  @media (max-width: 560px) {
    text { font-size: 19px; }
    .range { display: none; }
  }
`;

/** A figure as the documentation has it: two digits below ten, whole numbers above. */
function formatFigure(value: number): string {
  return value < 10 ? String(Number(value.toPrecision(2))) : Math.round(value).toLocaleString('en-US');
}

/** Draws a chart; the same chart is the same text. */
export function drawChart({ title, panels, isLogarithmic = false, ...chart }: Chart): string {
  const all = panels.flat();
  const marks = all.flatMap((panel) => panel.marks);
  const left = Math.round(edge + Math.max(...marks.map(({ name }) => name.length)) * letter);
  const hasRanges = marks.some(({ range }) => range !== undefined);
  const note = hasRanges
    ? [...chart.note, 'Lines and brackets: where half of the measurements are.']
    : chart.note;
  const length = width - edge - valueWidth[hasRanges ? 'withRange' : 'alone'] - left;
  let y = 0;
  const drawn = panels.flatMap((group) => {
    const { scale, ticks } = (isLogarithmic ? logarithmic : linear)(group, length);
    return group.map(({ heading, marks }) => {
      const top = y + headingHeight;
      y = top + marks.length * rowHeight;
      return [
        text('heading', edge, top - 12, heading),
        ...ticks.map((tick) => drawTick(left + scale(tick), top, y, formatFigure(tick))),
        ...marks.map((mark, row) => drawMark(mark, left, top + row * rowHeight, scale, isLogarithmic)),
      ].join('\n');
    });
  });
  if (isLogarithmic) y += rowHeight;
  const height = y + edge + note.length * lineHeight + 8;
  const spoken = all.map(({ heading, marks }) => `${heading}: ${marks.map(speak).join(', ')}.`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">${escapeXml(title)}</title>
<desc id="description">${escapeXml(spoken)} ${escapeXml(note.join(' '))}</desc>
<style>${style}</style>
<rect class="surface" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
${drawn.join('\n')}
${note.map((line, i) => text('note', edge, y + edge + 12 + i * lineHeight, line)).join('\n')}
</svg>
`;
}

/** A scale from zero to the largest value: from a value to pixels. */
function linear(panels: readonly Panel[], length: number) {
  const values = panels.flatMap(({ marks }) => marks.flatMap(({ value, range = [] }) => [value, ...range]));
  const most = Math.max(...values);
  return { scale: (value: number) => round((length * value) / most), ticks: [] };
}

/** The same between the powers of ten around the values, which have a line each. */
function logarithmic(panels: readonly Panel[], length: number) {
  const powers = panels.flatMap(({ marks }) => marks.map(({ value }) => Math.floor(Math.log10(value))));
  const first = Math.min(...powers);
  const count = Math.max(...powers) + 1 - first;
  return {
    scale: (value: number) => round((length * (Math.log10(value) - first)) / count),
    ticks: Array.from({ length: count + 1 }, (_, i) => 10 ** (first + i)),
  };
}

function drawMark(mark: Mark, left: number, top: number, scale: (value: number) => number, isDot: boolean) {
  const { name, value, range, isOurs } = mark;
  const middle = top + rowHeight / 2;
  const end = left + scale(value);
  const [from, to] = (range ?? [value, value]).map((bound) => left + scale(bound)) as [number, number];
  const shown = range && ` <tspan class="range">(${range.map(formatFigure).join(' to ')})</tspan>`;
  return [
    `<g${isOurs ? ' class="ours"' : ''}>`,
    text('name', left - 10, middle + 5, name),
    isDot
      ? `<circle class="dot" cx="${end}" cy="${middle}" r="6"/>`
      : `<rect class="bar" x="${left}" y="${top + 6}" width="${scale(value)}" height="${rowHeight - 12}"/>`,
    range
      ? `<path class="whisker" d="M${from} ${middle}H${to}M${from} ${middle - 4}v8M${to} ${middle - 4}v8"/>`
      : '',
    `<text class="value" x="${Math.max(end, to) + (isDot ? 12 : 8)}" y="${middle + 5}">${formatFigure(value)}${shown ?? ''}</text>`,
    '</g>',
  ].join('');
}

function drawTick(x: number, top: number, bottom: number, label: string): string {
  return `<path class="grid" d="M${x} ${top}V${bottom}"/>${text('tick', x, bottom + 18, label)}`;
}

function text(kind: string, x: number, y: number, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escapeXml(content)}</text>`;
}

function speak({ name, value, range }: Mark): string {
  return `${name} ${formatFigure(value)}${range ? ` (${range.map(formatFigure).join(' to ')})` : ''}`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
