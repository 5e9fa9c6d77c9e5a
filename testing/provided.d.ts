import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database of its own kind for each of the projects `embedded` and `postgres`. */
    databaseUrl: string
    /** A real PostgreSQL beside the embedded database, for the tests of the latter. */
    controlUrl: string
  }
}
