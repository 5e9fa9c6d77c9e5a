import type { Target } from '../fuzz'
import { forwardedFor } from './client-address'
import { actionInput, email, password, returnTo, sessionCookie, totpCode } from './console'
import { jsonApiBody, oauthForm, strictJson } from './exchange'
import { statement, wireFrames } from './protocol'
import { requestTarget, routesFile } from './routes'
import { idsAndSecrets, minting } from './secrets'
import { accessToken } from './tokens'
import { address, whitelistEntry, whitelistPaste } from './whitelist'

/** Every parser of what strangers send. */
export const targets = (): Target[] => [
  whitelistEntry,
  whitelistPaste,
  address,
  forwardedFor,
  requestTarget,
  routesFile,
  accessToken,
  idsAndSecrets,
  minting(),
  strictJson,
  jsonApiBody,
  oauthForm,
  actionInput,
  returnTo,
  email,
  totpCode,
  sessionCookie,
  password,
  wireFrames,
  statement,
]
