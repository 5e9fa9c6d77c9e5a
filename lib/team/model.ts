import type { Role } from '@/lib/access/model'

export type StaffRow = {
  personId: string
  name: string
  email: string
  role: Role
  lastSignIn: { at: Date; address: string } | null
  signInFactor: boolean
  operationsFactor: boolean
  you: boolean
}
