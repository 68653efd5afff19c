/** `policy check`: what is wrong with a policy file, where in it, and what to write instead. Asks nobody. */
import { readFile } from 'node:fs/promises';
import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parse,
  parseTree,
} from 'jsonc-parser';
import { z } from 'zod';
import { at } from '../core/ids.ts';
import { adviceOn } from '../core/policyAdvice.ts';
import { parsePolicyText } from '../core/policyText.ts';
import { codeOf, messageOf } from '../errors.ts';
import { EXIT, type Exit, UsageError } from './exit.ts';
import type { CommonOptions, Context } from './session.ts';

const finding = z.strictObject({
  line: z.int().positive(),
  column: z.int().positive(),
  path: z.string(),
  grade: z.enum(['wrong', 'doubtful']).describe('What is wrong is not deployed.'),
  what: z.string(),
  there: z.string().describe('The text that stands there.'),
});
export type Finding = z.infer<typeof finding>;

export const policyCheckResult = z
  .strictObject({ command: z.literal('policy check'), file: z.string(), findings: z.array(finding) })
  .describe('What is wrong with a policy file. Empty where nothing is.');

/** @throws UsageError */
export async function policyCheck(
  { terminal, environment }: Context,
  [argument]: readonly string[],
  options: CommonOptions,
): Promise<Exit> {
  const file = argument ?? options.policy ?? environment['POLICY_FILE'] ?? 'policy.json';
  const findings = findingsIn(await bytesOf(file));
  if (options.json) {
    terminal.json({ command: 'policy check', file, findings: [...findings] } satisfies z.infer<
      typeof policyCheckResult
    >);
  } else {
    if (findings.length === 0)
      terminal.out({ text: '✓ ', style: 'green' }, `${file}: nothing is wrong with it`);
    for (const { line, column, path, grade, what, there } of findings) {
      const style = grade === 'wrong' ? 'red' : 'yellow';
      terminal.out(`${file}:${line}:${column}  `, { text: grade, style }, `  ${path} ${what}`.trimEnd());
      if (there !== '') terminal.out({ text: `    there is: ${there}`, style: 'dim' });
    }
  }
  return findings.length === 0 ? EXIT.fine : EXIT.finding;
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const why = codeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new UsageError(`The policy file ${file} cannot be read: ${why}.`, { cause: error });
  }
}

/** In the order of the file. Never throws. */
export function findingsIn(bytes: Uint8Array): readonly Finding[] {
  const text = new TextDecoder('utf-8').decode(bytes);
  let parsed: ReturnType<typeof parsePolicyText>;
  try {
    parsed = parsePolicyText(bytes);
  } catch (error) {
    return [
      { ...placeOf(text, syntaxErrorIn(text)), path: '', grade: 'wrong', what: messageOf(error), there: '' },
    ];
  }
  const tree = parseTree(text);
  const found =
    'policy' in parsed
      ? adviceOn(parsed.policy, at(Date.now())).map(({ path, grade, what }) => ({
          path: [...path],
          grade,
          what,
        }))
      : parsed.problems.map(inParts);
  return found
    .map(({ path, grade, what }) => {
      const node = nodeAt(tree, path);
      const there = text.slice(node.offset, node.offset + node.length).replaceAll(/\s+/g, ' ');
      return {
        ...placeOf(text, node.offset),
        path: path.join('.'),
        grade,
        what,
        there: there.length > MAX_SHOWN ? `${there.slice(0, MAX_SHOWN)} …` : there,
      };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

const MAX_SHOWN = 80;

/** `protect.users.0.id must be a GUID`: the path comes first, then what it must be. */
function inParts(problem: string): {
  readonly path: JSONPath;
  readonly grade: 'wrong';
  readonly what: string;
} {
  const where = /^[^\s:]+/.exec(problem)?.[0] ?? '';
  const isWhole = problem.startsWith('the policy');
  return {
    path: isWhole ? [] : where.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    grade: 'wrong',
    what: isWhole ? problem : problem.slice(where.length).replace(/^:/, '').trim(),
  };
}

/** The value at the path, or the nearest one around it where there is none. */
function nodeAt(tree: Node | undefined, path: JSONPath): Pick<Node, 'offset' | 'length'> {
  if (tree === undefined) return { offset: 0, length: 0 };
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    // Of something that is missing only the place where it belongs can be shown.
    if (node !== undefined) return length === path.length ? node : { offset: node.offset, length: 0 };
  }
  return { offset: tree.offset, length: 0 };
}

function syntaxErrorIn(text: string): number {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  return errors[0]?.offset ?? 0;
}

/** Counted from 1, as an editor shows them. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
