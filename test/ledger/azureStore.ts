/**
 * A container in memory with what "Append Block", "Put Blob" and "Lease Blob" (REST) say: a lease has an id and is held
 * until it is released or runs out; an append needs the id where there is a lease (412 LeaseIdMissing,
 * LeaseIdMismatchWithBlobOperation, LeaseNotPresentWithBlobOperation) and its position (412
 * AppendPositionConditionNotMet).
 */
import { LeaseLost, type LogStore } from '../../lib/ledger/store.ts';

interface Blob {
  bytes: Buffer;
  appends: number;
  lease: number | undefined;
}

/** Called before and after each action. What it throws is what the process sees. */
export type Step = (action: string) => Promise<void> | void;

export function azureContainer() {
  const blobs = new Map<string, Blob>();
  let leases = 0;
  const blobAt = (name: string): Blob => {
    const blob = blobs.get(name);
    if (blob === undefined) throw new Error(`404 BlobNotFound ${name}`);
    return blob;
  };
  return {
    texts: () =>
      [...blobs]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, { bytes }]) => [name, String(bytes)] as const),
    held: () => [...blobs.values()].filter(({ lease }) => lease !== undefined).length,
    /** A minute without a renewal. */
    runOut() {
      for (const blob of blobs.values()) blob.lease = undefined;
    },
    /** What one process sees of it. */
    seenBy(step: Step): LogStore {
      const done = async <T>(action: string, act: () => T): Promise<T> => {
        await step(`before ${action}`);
        const result = act();
        await step(`after ${action}`);
        return result;
      };
      return {
        location: 'memory',
        names: () => done('names', () => [...blobs.keys()]),
        async *read(name) {
          yield await done('read', () => blobAt(name).bytes);
        },
        create: (name) =>
          done(`create ${name}`, () => {
            if (!blobs.has(name)) blobs.set(name, { bytes: Buffer.alloc(0), appends: 0, lease: undefined });
          }),
        async attach() {},
        async lease(name) {
          const id = await done(`lease ${name}`, () => {
            const blob = blobAt(name);
            if (blob.lease !== undefined) return undefined;
            leases += 1;
            blob.lease = leases;
            return leases;
          });
          if (id === undefined) return undefined;
          const check = () => {
            if (blobAt(name).lease !== id) throw new LeaseLost('412 LeaseNotPresentWithBlobOperation');
          };
          return {
            appends: blobAt(name).appends,
            append: (offset, texts) =>
              done(`append ${name}`, () => {
                check();
                const blob = blobAt(name);
                if (blob.bytes.length !== offset) throw new Error('412 AppendPositionConditionNotMet');
                blob.bytes = Buffer.concat([blob.bytes, Buffer.from(texts.join(''))]);
                blob.appends += 1;
              }),
            stillOurs: () => done('renew', check),
            release: () =>
              done(`release ${name}`, () => {
                const blob = blobAt(name);
                if (blob.lease === id) blob.lease = undefined;
              }).catch(() => undefined),
          };
        },
      };
    },
  };
}
