/** Results to stdout, everything else to stderr. What comes from a tenant cannot move the cursor or turn a line round. */
import { styleText } from 'node:util';
import { number } from '../report/units.ts';

type Style = Parameters<typeof styleText>[0];
export type Part = string | { readonly text: string; readonly style: Style };

export interface Terminal {
  /** One line of the result. */
  out(...parts: readonly Part[]): void;
  /** The result as JSON. */
  json(value: unknown): void;
  /** One line beside the result. */
  note(...parts: readonly Part[]): void;
  /** What is under way: the step of so many, and how many objects it has read so far. */
  progress(step: Step, count?: number): void;
  /** Takes the progress bar away. */
  clear(): void;
}

export interface Step {
  /** Counted from 1. */
  readonly step: number;
  readonly of: number;
  readonly what: string;
}

/** C0, C1 and DEL; what orders text from right to left; line and paragraph separators; invisible tags. */
const CONTROLS = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]/gu;

/** Fit for a terminal: each control character shown as what it is. */
export const visible = (text: string) => text.toWellFormed().replaceAll(CONTROLS, escaped);

/** JSON escapes some of them itself; these it leaves. The value that a reader gets is the same. */
const escaped = (char: string) =>
  [...Array(char.length).keys()]
    .map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('');

const BAR_WIDTH = 24;
/** Whatever ends sooner needs no bar. */
const SHOWN_AFTER_MS = 1_000;

export function createTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  now: () => number = Date.now,
): Terminal {
  const startedAt = now();
  let bar = false;
  let said = '';
  const clear = () => {
    if (bar) stderr.write('\r\x1b[2K');
    bar = false;
  };
  const line = (stream: NodeJS.WriteStream, parts: readonly Part[]) => {
    clear();
    const shown = parts.map((part) =>
      typeof part === 'string' ? visible(part) : styleText(part.style, visible(part.text), { stream }),
    );
    stream.write(`${shown.join('').trimEnd()}\n`);
  };
  return {
    out: (...parts) => line(stdout, parts),
    note: (...parts) => line(stderr, parts),
    clear,
    json(value) {
      clear();
      const text = JSON.stringify(value, null, 2);
      stdout.write(`${text.split('\n').map(visible).join('\n')}\n`);
    },
    progress({ step, of, what }, count) {
      const soFar = count === undefined ? '' : ` (${number(count)} so far)`;
      if (stderr.isTTY === true) {
        if (now() - startedAt < SHOWN_AFTER_MS) return;
        const full = Math.round((BAR_WIDTH * (step - 1)) / of);
        const drawn = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
        stderr.write(`\r\x1b[2K${drawn} ${step} of ${of}: ${visible(what)}${soFar}`);
        bar = true;
        return;
      }
      if (said === what) return;
      said = what;
      line(stderr, [`${step} of ${of}: ${what}`]);
    },
  };
}
