export const faults: Record<string, { needs?: 'build'; means: string }>
