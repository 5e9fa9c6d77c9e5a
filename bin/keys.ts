import { newKeys } from './shared/keys'

/** Prints a new key for each variable that needs one, as lines for an environment file. Nothing is kept. */
process.stdout.write(
  `${newKeys()
    .map(([name, text]) => `${name}=${text}`)
    .join('\n')}\n`,
)
