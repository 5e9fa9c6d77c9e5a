/** A key that may rotate: new things are sealed under `current`, old ones opened by the id they carry. */
export type KeyRing = { current: string; byId: ReadonlyMap<string, Buffer> }

/** What the console holds. It can write a secret for the gate and cannot read one back. */
export type ConsoleKeys = {
  /** Tags public ids; shared with the gate. */
  tag: Buffer
  /** Seals the seeds of time-based codes. The gate does not have it. */
  totp: KeyRing
}
