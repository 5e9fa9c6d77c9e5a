import type { Place } from './place'

/** A value that was in play, and where it may be. */
export type Secret = {
  kind: string
  /** Its random part, 12 characters or more; a code of six digits is looked for in texts only. */
  value: Buffer
  /** Labels of places where it may stand: the beginning of one, up to a word's end. */
  home: readonly string[]
  /** Words, whose parts stand anywhere: only the whole is a find. */
  whole?: true
  /** In how many answers at most; no limit unless given. */
  mostAnswers?: number
}

const database = ['file database', 'dump', 'wire']
const demoFile = ['file data demo/people.json']

/** The kinds of secrets of the product, each with its home: nowhere else may one be found. */
export const homes = {
  /** Revealed once, in the answer to one Regenerate; afterwards only its holder sends it, and only to the gate. */
  apiSecret: ['console response body of regenerateAction', 'gate request', 'typed at the gate'],
  /** SHA-256 of an API secret, of a session id, of a gateway's token: the database alone. */
  digest: ['row generation.digest', 'row session.', 'row gateway_credential.digest', 'row device.digest', ...database],
  passwordHash: ['row person.password_hash', ...database],
  enrolledSeed: ['console response body of startEnrolmentAction'],
  demoSeed: demoFile,
  password: [
    'console request body of signInAction',
    'console request body of openTicketAction',
    'console request body of startEnrolmentAction',
    'console request body of changePasswordAction',
    'page field password',
  ],
  /** The demo prints its people when it starts. */
  demoPassword: [...demoFile, 'stdout'],
  code: ['console request body of ', 'page field code'],
  cookie: ['console request head', 'console response head', 'file profile Default/Cookies'],
  sessionId: [],
  ticket: ['console response body of openTicketAction', 'console request body of '],
  accessToken: ['gate response body of POST /token', 'gate response body of POST /oauth/token', 'gate request'],
  gatewayToken: ['internal request head', ...demoFile],
  databasePassword: [],
} as const satisfies Record<string, readonly string[]>

export const isHome = ({ home }: Secret, { label }: Place): boolean => home.some((start) => label.startsWith(start))

/** Without the part that all values of a kind share. */
export function randomPart(value: string): Buffer {
  return Buffer.from(value.replace(/^(?:gts_(?:test|live)_|gtg_|DEMO)/, ''))
}
