/** Plaintext that refuses to be logged or serialised by accident. */
export class Secret {
  readonly #plain: string
  constructor(plain: string) {
    this.#plain = plain
  }
  /** The only way out. Search for `.reveal(` to see every place plaintext leaves. */
  reveal(): string {
    return this.#plain
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
