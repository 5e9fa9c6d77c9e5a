import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipInside } from './decode'
import type { Place } from './place'

/**
 * Every file below a directory as raw bytes, and unpacked where something in it is compressed.
 * @param label of a file, from its path inside the directory; null leaves it out
 */
export function* filesBelow(directory: string, label: (path: string) => string | null): Generator<Place> {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = pathOf(entry)
    const path = relative(directory, file)
    const named = label(path)
    if (named === null) continue
    const bytes = readFileSync(file)
    const place = { label: named, where: path, text: path.endsWith('.log') }
    yield { ...place, bytes }
    for (const unpacked of gzipInside(bytes)) yield { ...place, where: `${path}, unpacked`, bytes: unpacked }
  }
}

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name)
