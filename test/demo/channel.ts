/** Questions to the tenant's process, and its answers, over the channel between parent and child. */
import type { ChildProcess } from 'node:child_process';
import type { Answers } from './answers.ts';

type Name = keyof Answers;
export type Ask = <One extends Name>(
  name: One,
  ...about: Parameters<Answers[One]>
) => Promise<Awaited<ReturnType<Answers[One]>>>;

interface Question {
  readonly question: number;
  readonly name: Name;
  readonly about: readonly unknown[];
}

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** In the parent. An answer that failed rejects. */
export function askOf(child: ChildProcess): Ask {
  const waiting = new Map<number, Waiting>();
  let asked = 0;
  child.on('message', (message) => {
    if (typeof message !== 'object' || !('question' in message)) return;
    const { question, answer, failure } = message as { question: number; answer: unknown; failure?: string };
    const one = waiting.get(question);
    waiting.delete(question);
    if (failure === undefined) one?.resolve(answer);
    else one?.reject(new Error(failure));
  });
  child.once('exit', () => {
    for (const one of waiting.values()) one.reject(new Error('The embedded tenant has ended.'));
  });
  const ask = (name: Name, ...about: readonly unknown[]): Promise<unknown> => {
    asked += 1;
    const question = asked;
    return new Promise((resolve, reject) => {
      waiting.set(question, { resolve, reject });
      child.send({ question, name, about } satisfies Question);
    });
  };
  return ask as Ask;
}

/** In the tenant's process. */
export function answerQuestions(answers: Answers): void {
  process.on('message', async (message) => {
    const { question, name, about } = message as Question;
    try {
      const answer: unknown = await Reflect.apply(answers[name], undefined, about);
      process.send?.({ question, answer });
    } catch (error) {
      process.send?.({ question, failure: String(error) });
    }
  });
}
