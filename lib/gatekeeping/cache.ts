/** A bounded map that forgets what was not asked for lately. */
export type Cache<V> = {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  clear(): void
  size(): number
}

/**
 * Two ages of `limit / 2` entries each: a hit in the old one moves the entry to the young one, and a full young one
 * becomes the old one. Close to LRU, without moving an entry on every hit.
 */
export function twoAgeCache<V>(limit: number, forgotten: (value: V, key: string) => void = () => {}): Cache<V> {
  let young = new Map<string, V>()
  let old = new Map<string, V>()

  function set(key: string, value: V): void {
    if (young.size >= limit / 2) {
      for (const [k, v] of old) if (!young.has(k)) forgotten(v, k)
      old = young
      young = new Map()
    }
    young.set(key, value)
  }

  return {
    set,
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) {
        old.delete(key)
        set(key, older)
      }
      return older
    },
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young.clear()
      old.clear()
    },
    size: () => young.size + old.size,
  }
}
