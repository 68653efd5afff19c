/** A terminal that a person reads: colour and movement where it is one, plain lines where it is not. */
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

interface Column {
  readonly title: string;
  readonly align?: 'right';
}

export interface Screen {
  readonly width: number;
  section(title: string, aside?: string): void;
  /** Words, broken at the terminal's width. */
  say(text: string, style?: Style): void;
  /** `✓ label  text` */
  fact(mark: Mark, label: string, text: string): void;
  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): void;
  /** Shows how far something is, in place where that can be. */
  progress(label: string, done: number, of: number): void;
  /** Words that stand until the next line is written, where that can be. */
  wait(text: string): void;
  /** Takes a line in place away, to write over it. */
  clear(): void;
}

export type Mark = 'good' | 'bad' | 'note';
const MARKS: Readonly<Record<Mark, readonly [sign: string, style: Style]>> = {
  good: ['✓', 'green'],
  bad: ['✗', 'red'],
  note: ['·', 'dim'],
};
const LABEL_WIDTH = 20;
const WIDTHS = { least: 60, most: 140, plain: 100 };
const BAR_WIDTH = 32;

export function createScreen(stream: NodeJS.WriteStream): Screen {
  const live = stream.isTTY === true;
  const width = Math.min(Math.max(stream.columns ?? WIDTHS.plain, WIDTHS.least), WIDTHS.most);
  const paint = (style: Style | undefined, text: string) =>
    style === undefined ? text : styleText(style, text, { stream });
  let quarter = 0;

  const clear = () => {
    if (live) stream.write('\r\x1b[2K');
  };
  const line = (text = '') => {
    clear();
    stream.write(`${text}\n`);
  };

  return {
    width,
    clear,
    section(title, aside = '') {
      line();
      const room = width - title.length - aside.length - 2;
      line(
        `${paint('bold', title)} ${paint('dim', '─'.repeat(Math.max(room, 3)))} ${paint('dim', aside)}`.trimEnd(),
      );
    },
    say(text, style) {
      for (const part of wrapped(text, width - 2)) line(`  ${paint(style, part)}`);
    },
    fact(mark, label, text) {
      const [sign, style] = MARKS[mark];
      const [first = '', ...others] = wrapped(text, width - LABEL_WIDTH - 4);
      line(
        `  ${paint(style, sign)} ${label.padEnd(LABEL_WIDTH)}${mark === 'bad' ? paint('red', first) : first}`,
      );
      for (const other of others) line(`${' '.repeat(LABEL_WIDTH + 4)}${other}`);
    },
    table(columns, rows) {
      const widths = fittedWidths(columns, rows, width - 2);
      const row = (cells: readonly Cell[]) =>
        cells
          .map(({ text, style }, index) => {
            const padded = fitted(text, widths[index] ?? 0, columns[index]?.align);
            return paint(style, padded);
          })
          .join('  ');
      line();
      line(`  ${row(columns.map(({ title }) => ({ text: title, style: 'dim' })))}`.trimEnd());
      for (const cells of rows) line(`  ${row(cells)}`.trimEnd());
      line();
    },
    wait(text) {
      if (live) stream.write(`\r\x1b[2K  ${paint('dim', text)}`);
    },
    progress(label, done, of) {
      const share = of === 0 ? 1 : done / of;
      if (live) {
        const full = Math.round(share * BAR_WIDTH);
        const bar = paint('green', '█'.repeat(full)) + paint('dim', '░'.repeat(BAR_WIDTH - full));
        stream.write(`\r\x1b[2K  ${bar} ${label} ${number(done)} of ${number(of)}`);
        return;
      }
      const reached = Math.floor(share * 4);
      if (reached > quarter && of >= 100) line(`  ${label} ${number(done)} of ${number(of)}`);
      quarter = done >= of ? 0 : reached;
    },
  };
}

/** `20,000` */
export const number = (value: number) => value.toLocaleString('en-GB');

/** As many lines as it takes; a word longer than a line stands alone. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function fitted(text: string, width: number, align?: 'right'): string {
  const short = text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text;
  return align === 'right' ? short.padStart(width) : short.padEnd(width);
}

/** As wide as the widest cell; where that is too much, the widest columns give way. */
function fittedWidths(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  room: number,
): readonly number[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((cells) => cells[index]?.text.length ?? 0)),
  );
  const gaps = (columns.length - 1) * 2;
  for (let over = widths.reduce((sum, one) => sum + one, gaps) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
