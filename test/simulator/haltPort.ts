/** Whether people have stopped the tool, as a port. */
import type { Halt } from '../../lib/ports.ts';
import type { Runner } from './runner.ts';

/** Every step begins with this question. Once it was answered by more than "no", nobody may be purged tonight. */
export function haltPort({ told, signal, point, fault }: Runner): Halt {
  return {
    async reason() {
      told.isToEnd = signal.aborted;
      await point('halt.read', 'before');
      const isHalted = fault('halt: people halt it');
      const isUnknown = fault('halt: cannot be told');
      if (isHalted || isUnknown) told.failedReads.push('that nobody halts it');
      if (isUnknown) throw new Error('Whether it is halted cannot be told.');
      if (isHalted) return 'Somebody halted it.';
      await point('halt.read', 'after');
      told.isFree = true;
      return undefined;
    },
  };
}
