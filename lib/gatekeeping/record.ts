import type { GenerationInstants } from '@/lib/credentials/model'
import type { Range } from '@/lib/whitelist/model'
import type { Scheme } from './model'

/** A whitelist as the verdict reads it: ranges parsed once. Equal lists and permission sets share one object. */
export type ListedRange = { readonly range: Range; readonly expiresAt: Date | null }
export type Policy = { readonly on: boolean; readonly entries: readonly ListedRange[] }

/** One generation with everything that binds it: all that a verdict may know. Built by `./memory`, never changed. */
export type GateRecord = {
  readonly generationId: string
  readonly credentialId: string
  readonly merchantId: string
  readonly publicId: string
  readonly scheme: Scheme
  /** SHA-256 of the secret, hex; null for schemes whose secret is sealed. */
  readonly digest: string | null
  readonly instants: GenerationInstants
  readonly merchantState: 'pending' | 'active' | 'suspended'
  readonly credentialState: 'draft' | 'active' | 'inactive' | 'deleted'
  readonly expiresAt: Date | null
  readonly permissions: ReadonlySet<string>
  readonly moneyOut: boolean
  readonly allWallets: boolean
  readonly whitelist: Policy
}

/** `*` stands for every permission of the catalogue. */
export const holds = (record: GateRecord, permission: string): boolean =>
  record.permissions.has(permission) || record.permissions.has('*')
