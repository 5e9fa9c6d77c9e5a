import { readFileSync } from 'node:fs'

type Manifest = { node: Record<string, { exportedName?: string }> }

/** The ids of the server actions of the build in this directory, by the name of each. */
export function actionIds(): Map<string, string> {
  const manifest = JSON.parse(readFileSync('.next/server/server-reference-manifest.json', 'utf8')) as Manifest
  return new Map(Object.entries(manifest.node).map(([id, { exportedName }]) => [exportedName ?? id, id]))
}
