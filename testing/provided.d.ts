import 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** A real PostgreSQL beside the embedded database, for the tests of the latter. */
    controlUrl: string
  }
}
