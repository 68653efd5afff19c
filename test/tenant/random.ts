/** A seeded source of chance (sfc32): the same seed makes the same world. */
export class Random {
  #a: number;
  #b: number;
  #c = 0x9e3779b9 | 0;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    for (let warmUp = 0; warmUp < 15; warmUp++) this.bits();
  }

  /** 32 random bits, as an unsigned number. */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** At least `low`, less than `high`. */
  between(low: number, high: number): number {
    return low + (this.bits() / 2 ** 32) * (high - low);
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.between(0, choices.length))];
    if (choice === undefined) throw new RangeError('nothing to pick from');
    return choice;
  }

  /** A version 4 GUID in lower case. */
  guid(): string {
    const bytes = this.bytes16();
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    let at = 0;
    for (const [index, byte] of bytes.entries()) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text[at++] = 0x2d;
      text[at++] = HEX.charCodeAt(byte >> 4);
      text[at++] = HEX.charCodeAt(byte & 15);
    }
    return text.toString('latin1');
  }

  /** 16 raw bytes in base64, as an objectGUID becomes an immutable id. */
  guidBase64(): string {
    return this.bytes16().toString('base64');
  }

  private bytes16(): Buffer {
    for (let word = 0; word < 4; word++) raw.writeUInt32LE(this.bits(), word * 4);
    return raw;
  }
}

const HEX = '0123456789abcdef';
/** Written anew by every call; a flat copy of the text leaves. Ropes of 20 pieces would weigh ten times more. */
const text = Buffer.alloc(36);
const raw = Buffer.alloc(16);
