/** Where a sign-in may return to: a plain path of the console, never another origin (CHECKS 105). */
export function returnPath(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/m\/[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,4}$/.test(wanted)
    ? wanted
    : '/'
}
