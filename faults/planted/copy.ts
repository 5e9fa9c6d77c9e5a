import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Fault, plant } from './fault'

/** The sources in a directory of their own, where a fault may stand for a moment. */
export type Copy = {
  directory: string
  /** Plants the fault and returns what takes it out again. */
  plant(fault: Fault): () => void
  remove(): void
}

/** Copies what git knows or would take of the working tree at `root`; packages are linked, what is built from sources is not. */
export function copyOf(root: string): Copy {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-planted-'))
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  for (const file of listed.split('\0')) {
    if (!file || !existsSync(join(root, file))) continue
    mkdirSync(dirname(join(directory, file)), { recursive: true })
    cpSync(join(root, file), join(directory, file))
  }
  linkPackages(root, directory)
  return {
    directory,
    plant(fault) {
      const path = join(directory, fault.file)
      const sound = readFileSync(path, 'utf8')
      writeFileSync(path, plant(sound, fault))
      return () => writeFileSync(path, sound)
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Programs that tests bundle stand in `node_modules/.cache`: each copy has its own. An empty database is taken along. */
function linkPackages(root: string, directory: string): void {
  const packages = join(root, 'node_modules')
  mkdirSync(join(directory, 'node_modules'))
  for (const name of readdirSync(packages)) {
    if (name === '.cache' || name.startsWith('.vite')) continue
    symlinkSync(join(packages, name), join(directory, 'node_modules', name))
  }
  const cache = 'node_modules/.cache/gatehouse'
  mkdirSync(join(directory, cache), { recursive: true })
  for (const name of existsSync(join(root, cache)) ? readdirSync(join(root, cache)) : []) {
    if (/^database-[\d.]+$/.test(name))
      cpSync(join(root, cache, name), join(directory, cache, name), { recursive: true })
  }
}
