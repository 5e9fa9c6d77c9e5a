export const root: string
export function bundle(options: { outdir: string; entryPoints?: Record<string, string> }): Promise<void>
